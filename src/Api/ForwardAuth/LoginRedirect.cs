using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// The login redirect of a browser without an app session: from the app's host to the core's host, to which the owner's cookie is sent, and back
/// with a ticket. A state cookie on the app's host ensures that only the browser that began the login can use the ticket (ADR 0011). Each
/// redirect has a cookie with its own name, so that logins in several tabs do not overwrite each other's cookie.
/// </summary>
internal static class LoginRedirect
{
    private const int MaxTarget = 2000;
    private const int StateLength = 22;
    private const int NameLength = 8;

    /// <returns>
    /// The address to redirect to, and the state cookie to set. A browser that already has a state cookie keeps it, so that the number of its
    /// cookies does not grow with every try.
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

    /// <summary>The fingerprints of all state cookies in the request.</summary>
    public static IReadOnlyList<string> States(StringValues cookies) =>
        [.. OwnSecrets.Cookies(cookies, OwnSecrets.StateCookie).Where(IsOurs).Select(cookie => Fingerprint(cookie.Value))];

    /// <summary>A hash of the state. The core can compare it, but cannot compute the state from it.</summary>
    public static string Fingerprint(string state) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)));

    /// <summary>Whether every browser reads this as a path on the same host: it has no second slash or backslash, and no character that is stripped.</summary>
    public static bool IsRelative(string target) =>
        target is ['/', ..] and not ['/', '/' or '\\', ..] && target.Length <= MaxTarget
        && target.All(c => c is > ' ' and not '\\' and not '\u007F') && !target.StartsWith("/.portal", StringComparison.OrdinalIgnoreCase);

    private static bool IsOurs((string Name, string Value) cookie) =>
        cookie.Name.Length == OwnSecrets.StateCookie.Length + NameLength && cookie.Value.Length == StateLength
        && Base64Url.IsValid(cookie.Name.AsSpan(OwnSecrets.StateCookie.Length)) && Base64Url.IsValid(cookie.Value);

    private static string Random(int bytes) => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(bytes));
}
