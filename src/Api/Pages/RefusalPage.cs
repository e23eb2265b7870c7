using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// A refusal on the host of an app, as a page for people. It uses no other file, because all other paths on that host belong to the app.
/// </summary>
internal static class RefusalPage
{
    private const string Style =
        """
        :root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}
        h1{font-size:1.4rem;line-height:1.25}p{overflow-wrap:anywhere}small{opacity:.75}
        """;

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'";

    /// <summary>Writes the whole response.</summary>
    /// <param name="links">The texts and addresses of links to what the person can do next.</param>
    public static async Task Write(HttpContext context, Problem problem, IEnumerable<(string Words, string Url)> links)
    {
        Languages.Use(context);
        var heading = HtmlEncoder.Default.Encode(Heading(problem));
        var page = new StringBuilder($"""
            <!DOCTYPE html>
            <html lang="{Languages.Current.Name}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{heading}</title><style>{Style}</style></head>
            <body><main>
            <h1>{heading}</h1>
            <p>{HtmlEncoder.Default.Encode(Refusals.Text(problem.Code, problem.Detail))}</p>

            """);
        foreach (var (words, url) in links)
            page.Append(CultureInfo.InvariantCulture, $"<p><a href=\"{HtmlEncoder.Default.Encode(url)}\">{HtmlEncoder.Default.Encode(words)}</a></p>\n");
        page.Append(CultureInfo.InvariantCulture,
            $"<p><small>{problem.Status} {HtmlEncoder.Default.Encode(problem.Code)}</small></p>\n</main></body>\n</html>\n");

        var bytes = Encoding.UTF8.GetBytes(page.ToString());
        var response = context.Response;
        response.StatusCode = problem.Status;
        problem.AddFields(response.Headers);
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    /// <summary>The heading says what failed; the message says why.</summary>
    private static string Heading(Problem problem) => problem switch
    {
        { Code: "ticket_invalid" } => RefusalPageTexts.AppNotOpened,
        { Status: 401 } => RefusalPageTexts.SignIn,
        { Status: 403 } => RefusalPageTexts.MayNotOpen,
        { Status: 404 } => RefusalPageTexts.NotFound,
        { Status: 429 } => RefusalPageTexts.TooManyRequests,
        { Status: 431 } => RefusalPageTexts.TooManyCookies,
        { Status: >= 500 } => RefusalPageTexts.AppUnavailable,
        _ => RefusalPageTexts.CannotBeOpened,
    };
}
