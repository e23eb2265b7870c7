using System.Collections.Frozen;

namespace PeerRegistry.Domain.SignedCalls;

/// <summary>
/// Decides which header fields of a call are forwarded to the peer, and which of its response to the app. Not forwarded are fields of one connection
/// (RFC 9110 section 7.6.1), those that the core itself sets, and every other spelling of these.
/// </summary>
public static class HeaderFilter
{
    private static readonly FrozenSet<string> OneConnection = FrozenSet.ToFrozenSet(
        [
            "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "proxy-connection", "te",
            "trailer", "transfer-encoding", "upgrade", "http2-settings", "expect", "host",
        ],
        StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> Signed = FrozenSet.ToFrozenSet(
        ["content-digest", "signature", "signature-input", "accept-signature"], StringComparer.OrdinalIgnoreCase);

    /// <param name="connection">The message's <c>Connection</c> field, whose members are not forwarded either, or null if it has none.</param>
    public static bool Passes(string name, string? connection)
    {
        if (name.Length == 0 || name[0] == ':')
            return false;

        var plain = Plain(name);
        return !OneConnection.Contains(plain)
            && !Signed.Contains(plain)
            && !plain.Equals("forwarded", StringComparison.OrdinalIgnoreCase)
            && !plain.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase)
            && !IsReserved(plain)
            && !IsNamed(name, connection);
    }

    /// <summary>
    /// Whether a field of a request passes through the gateway to an app: what <see cref="Passes"/>, except the proxies' own <c>X-Portal-*</c>,
    /// and <c>Cookie</c> and <c>Authorization</c>, of which the app gets what is left without the core's secrets.
    /// </summary>
    public static bool PassesToApp(string name, string? connection) =>
        Passes(name, connection)
        && !Plain(name).StartsWith("x-portal-", StringComparison.OrdinalIgnoreCase)
        && !name.Equals("cookie", StringComparison.OrdinalIgnoreCase) && !name.Equals("authorization", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a field of an app's response passes through the gateway: all but those of one connection, the core's <c>X-Ptl-*</c>, and
    /// <c>Clear-Site-Data</c>, which would delete the cookies of every host of the Portal.
    /// </summary>
    /// <param name="signed">Whether the core signs the response. Then the app's own digest and signature do not pass.</param>
    public static bool PassesFromApp(string name, string? connection, bool signed) =>
        !OneConnection.Contains(name) && !(signed && Signed.Contains(name)) && !IsReserved(name)
        && !name.Equals("clear-site-data", StringComparison.OrdinalIgnoreCase) && !IsNamed(name, connection);

    /// <summary>
    /// Whether this is one of the fields <c>X-Ptl-*</c>, which only the core may set; also with <c>_</c> or <c>.</c> for <c>-</c>, as many frameworks
    /// do not tell these apart.
    /// </summary>
    public static bool IsReserved(string name) => Plain(name).StartsWith("x-ptl-", StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) => name.AsSpan().ContainsAny('_', '.') ? name.Replace('_', '-').Replace('.', '-') : name;

    private static bool IsNamed(string name, ReadOnlySpan<char> connection)
    {
        foreach (var member in connection.Split(','))
        {
            if (connection[member].Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
