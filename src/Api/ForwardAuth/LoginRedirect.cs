using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// The login redirect of a browser without an app session: from the app's host to the core's, where the owner's cookie is, and back with a
/// ticket. A state cookie on the app's host makes sure that the ticket is used by the browser that set out (ADR 0011). Each
/// redirect has a cookie of its own name, so that tabs that set out at the same time do not overwrite each other's.
/// </summary>
internal static class LoginRedirect
{
    private const int MaxTarget = 2000;
    private const int StateLength = 22;
    private const int NameLength = 8;

    /// <returns>
    /// Where to go, and the state cookie to take along. A browser that brings one already keeps it, so the number of its cookies does
    /// not grow with every try.
    /// </returns>
    public static (string Location, string Cookie) Begin(string core, string app, string target, StringValues cookies)
    {
        var (name, state) = OwnSecrets.Cookies(cookies, OwnSecrets.StateCookie).FirstOrDefault(IsOurs);
        if (state is null)
            (name, state) = (OwnSecrets.StateCookie + Random(6), Random(16));
        var to = IsRelative(target) ? target : "/";
        return (
            $"{core}/core/app-session?app={app}&to={Uri.EscapeDataString(to)}&state={Fingerprint(state)}",
            $"{name}={state}; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax");
    }

    /// <summary>Fingerprints of all states that the browser brings.</summary>
    public static IReadOnlyList<string> States(StringValues cookies) =>
        [.. OwnSecrets.Cookies(cookies, OwnSecrets.StateCookie).Where(IsOurs).Select(cookie => Fingerprint(cookie.Value))];

    /// <summary>What the core may know of the state: enough to compare, not to use.</summary>
    public static string Fingerprint(string state) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)));

    /// <summary>A path on the same host, however a browser reads it: no second slash or backslash, nothing it would strip.</summary>
    public static bool IsRelative(string target) =>
        target is ['/', ..] and not ['/', '/' or '\\', ..] && target.Length <= MaxTarget
        && target.All(c => c is > ' ' and not '\\' and not '\u007F') && !target.StartsWith("/.portal", StringComparison.OrdinalIgnoreCase);

    private static bool IsOurs((string Name, string Value) cookie) =>
        cookie.Name.Length == OwnSecrets.StateCookie.Length + NameLength && cookie.Value.Length == StateLength
        && Base64Url.IsValid(cookie.Name.AsSpan(OwnSecrets.StateCookie.Length)) && Base64Url.IsValid(cookie.Value);

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
