namespace PeerRegistry.Api.Http;

/// <summary>
/// Cookies come along with requests that other sites make, and all apps and Portals of a zone are the same site to a browser. So
/// where a cookie speaks for somebody and something may change, the browser has to say that the page is our own.
/// </summary>
internal static class CrossSite
{
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";

    /// <param name="origin">The field <c>Origin</c>.</param>
    /// <param name="site">The field <c>Sec-Fetch-Site</c>.</param>
    /// <param name="authority">Host and port as received.</param>
    /// <param name="silentIsOwn">Whether a client that says neither is believed: only where browsers always say one.</param>
    public static bool IsOwn(string? origin, string? site, string authority, bool silentIsOwn)
    {
        var ownSite = site is "same-origin" or "none";
        if (site is not null && !ownSite)
            return false;

        return origin switch
        {
            null => ownSite || silentIsOwn,
            "null" => ownSite,
            _ => Authority(origin).Equals(authority, StringComparison.OrdinalIgnoreCase),
        };
    }

    private static ReadOnlySpan<char> Authority(string origin) =>
        origin.StartsWith("https://", StringComparison.Ordinal) ? origin.AsSpan(8)
        : origin.StartsWith("http://", StringComparison.Ordinal) ? origin.AsSpan(7)
        : default;
}
