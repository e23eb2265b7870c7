using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// The way of a browser without an app session: from the app's host to the core's, where the owner's cookie is, and back with a
/// ticket. A state cookie on the app's host makes sure that the ticket is used by the browser that set out (ADR 0011).
/// </summary>
internal static class SessionDetour
{
    private const int MaxTarget = 2000;
    private const int StateLength = 22;

    /// <returns>Where to go, and the state cookie to take along; one that is there already stays, for tabs that are on their way.</returns>
    public static (string Location, string Cookie) Begin(string core, string app, string target, StringValues cookies)
    {
        var state = OwnSecrets.Cookie(cookies, OwnSecrets.StateCookie) is { Length: StateLength } under && Base64Url.IsValid(under)
            ? under
            : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var to = IsRelative(target) ? target : "/";
        return (
            $"{core}/core/app-session?app={app}&to={Uri.EscapeDataString(to)}&state={Fingerprint(state)}",
            $"{OwnSecrets.StateCookie}={state}; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax");
    }

    /// <summary>What the core may know of the state: enough to compare, not to use.</summary>
    public static string Fingerprint(string state) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)));

    /// <summary>A path on the same host, however a browser reads it: no second slash or backslash, nothing it would strip.</summary>
    public static bool IsRelative(string target) =>
        target is ['/', ..] and not ['/', '/' or '\\', ..] && target.Length <= MaxTarget
        && target.All(c => c is > ' ' and not '\\' and not '\u007F') && !target.StartsWith("/.portal", StringComparison.OrdinalIgnoreCase);
}
