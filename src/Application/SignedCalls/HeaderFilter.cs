using System.Collections.Frozen;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Decides which header fields of a call are forwarded to the peer, and which of its response to the app. Not forwarded are fields of one connection
/// (RFC 9110 section 7.6.1), those that the core itself sets, and every other spelling of these.
/// </summary>
public static class HeaderFilter
{
    private static readonly FrozenSet<string> Never = FrozenSet.ToFrozenSet(
        [
            "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info", "proxy-connection", "te",
            "trailer", "transfer-encoding", "upgrade", "http2-settings", "expect", "host", "forwarded", "content-digest",
            "signature", "signature-input", "accept-signature",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <param name="connection">The message's <c>Connection</c> field, whose members are not forwarded either, or null if it has none.</param>
    public static bool Passes(string name, string? connection)
    {
        if (name.Length == 0 || name[0] == ':')
            return false;

        var plain = Plain(name);
        return !Never.Contains(plain)
            && !plain.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase)
            && !IsReserved(plain)
            && !IsNamed(name, connection);
    }

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
