using System.Collections.Frozen;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Which header fields of a call pass from an app to the peer, and of its answer back. Those of one connection (RFC 9110
/// section 7.6.1), those that the core itself speaks through, and any other spelling of these stay behind.
/// </summary>
public static class PassedFields
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

        var plain = name.AsSpan().ContainsAny('_', '.') ? name.Replace('_', '-').Replace('.', '-') : name;
        return !Never.Contains(plain)
            && !plain.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase)
            && !plain.StartsWith("x-ptl-", StringComparison.OrdinalIgnoreCase)
            && !IsNamed(name, connection);
    }

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
