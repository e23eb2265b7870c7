namespace PeerRegistry.Api.Http;

/// <summary>
/// Detects requests from pages of other origins. Browsers send cookies with such requests, too, and regard all apps and Portals of a zone as one
/// site. If a cookie authenticates a request that may change something, the browser must therefore confirm that the page is our own.
/// </summary>
internal static class CrossSite
{
    public static bool IsSafe(string method) => method is "GET" or "HEAD" or "OPTIONS" or "TRACE";

    /// <param name="origin">The value of <c>Origin</c>.</param>
    /// <param name="site">The value of <c>Sec-Fetch-Site</c>.</param>
    /// <param name="authority">The host and port as received.</param>
    /// <param name="silentIsOwn">Whether a request without both counts as our own; only for requests with which browsers always send one.</param>
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
