using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Tells a person who goes somewhere with a browser from scripts, pictures and programs: by <c>Sec-Fetch-Mode</c> (W3C Fetch Metadata), and for
/// browsers that do not send it (Safari before 16.4, many web views) by whether HTML is asked for.
/// </summary>
internal static class Navigation
{
    private const string Mode = "Sec-Fetch-Mode";

    /// <summary>A <c>GET</c> that may be sent to the login: the browser follows redirects and shows the page that comes in the end.</summary>
    public static bool MayBeRedirected(IHeaderDictionary headers, string method) =>
        method == "GET" && (headers[Mode] is { Count: > 0 } mode ? mode is ["navigate"] : AsksForPage(headers));

    /// <summary>Whether a person sees the answer, so that a refusal has to be a page.</summary>
    public static bool ShowsAnswer(IHeaderDictionary headers) =>
        headers[Mode] is { Count: > 0 } mode ? mode is ["navigate"] && AcceptsHtml(headers.Accept) : AsksForPage(headers);

    /// <summary>Scripts that ask for HTML say so with <c>X-Requested-With</c> where their browser does not.</summary>
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
