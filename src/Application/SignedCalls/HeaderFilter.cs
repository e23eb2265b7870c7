using System.Collections.Frozen;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Which header fields of a call pass from an app to the peer, and of its answer back. Those of one connection (RFC 9110
/// section 7.6.1), those that the core itself speaks through, and any other spelling of these stay behind.
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

    /// <param name="connection">The message's own <c>Connection</c> field, whose members stay behind, too; null: it has none.</param>
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

    /// <summary>In the family <c>X-Ptl-*</c>, in which only the core speaks to apps, also with <c>_</c> or <c>.</c> for <c>-</c>, which many frameworks read alike.</summary>
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
