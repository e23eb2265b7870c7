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

    private static readonly string[] Families = ["x-forwarded-", "x-ptl-"];

    /// <param name="named">What the message's own <c>Connection</c> field names; null: nothing.</param>
    public static bool Passes(string name, IReadOnlyCollection<string>? named)
    {
        if (name.Length == 0 || name[0] == ':')
            return false;

        var plain = name.AsSpan().ContainsAny('_', '.') ? name.Replace('_', '-').Replace('.', '-') : name;
        return !Never.Contains(plain)
            && !Array.Exists(Families, family => plain.StartsWith(family, StringComparison.OrdinalIgnoreCase))
            && (named is null || !named.Contains(name, StringComparer.OrdinalIgnoreCase));
    }
}
