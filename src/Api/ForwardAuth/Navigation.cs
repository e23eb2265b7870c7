using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Distinguishes the navigation of a person in a browser from requests of scripts, images and programs: by <c>Sec-Fetch-Mode</c> (W3C Fetch
/// Metadata) or, for browsers that do not send it (Safari before 16.4, many web views), by whether the request accepts HTML.
/// </summary>
internal static class Navigation
{
    private const string Mode = "Sec-Fetch-Mode";

    /// <summary>Whether this <c>GET</c> may be redirected to the login, because the browser will show the final page.</summary>
    public static bool MayBeRedirected(IHeaderDictionary headers, string method) =>
        method == "GET" && (headers[Mode] is { Count: > 0 } mode ? mode is ["navigate"] : AsksForPage(headers));

    /// <summary>Whether a person sees the response, so that a refusal must be a page.</summary>
    public static bool ShowsAnswer(IHeaderDictionary headers) =>
        headers[Mode] is { Count: > 0 } mode ? mode is ["navigate"] && AcceptsHtml(headers.Accept) : AsksForPage(headers);

    /// <summary>Whether the request accepts HTML and is not that of a script, which many libraries mark with <c>X-Requested-With</c>.</summary>
    private static bool AsksForPage(IHeaderDictionary headers) => AcceptsHtml(headers.Accept) && !headers.ContainsKey("X-Requested-With");

    private static bool AcceptsHtml(StringValues accept)
    {
        foreach (var line in accept)
        {
            if (line?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true)
                return true;
        }

        return false;
    }
}
