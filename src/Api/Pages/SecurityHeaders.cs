using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// On every answer of the edge. Nothing runs, is framed or is loaded but what this origin serves as a file of its own; an endpoint
/// that knows better has set the field already.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Listener() == Listener.Edge)
        {
            context.Request.Scheme = "https"; // TLS ends at the proxy; and a bare loopback counts as secure for browsers, cookies included
            context.Response.OnStarting(Add, context.Response.Headers);
        }

        return next(context);
    }

    private static Task Add(object state)
    {
        var headers = (IHeaderDictionary)state;
        headers.ContentSecurityPolicy = Or(headers.ContentSecurityPolicy, ContentSecurityPolicy);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = Or(headers["Referrer-Policy"], "same-origin"); // forms need their Origin, so not no-referrer
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        return Task.CompletedTask;
    }

    private static string Or(string? set, string usual) => string.IsNullOrEmpty(set) ? usual : set;
}
