using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Sets the security headers of every response on the edge. Only files of this origin can be loaded, run or framed. A header that an endpoint
/// has already set is kept.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// <summary>The policy of a page with a form whose answer may lead to another origin of this Portal.</summary>
    public static string WithFormsTo(string origin) =>
        ContentSecurityPolicy.Replace("form-action 'self'", $"form-action 'self' {origin}", StringComparison.Ordinal);

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Listener() == Listener.Edge)
        {
            context.Request.Scheme = "https"; // TLS ends at the proxy; without one, browsers treat the loopback address as secure, including its cookies
            context.Response.OnStarting(Add, context.Response.Headers);
        }

        return next(context);
    }

    private static Task Add(object state)
    {
        var headers = (IHeaderDictionary)state;
        headers.ContentSecurityPolicy = Or(headers.ContentSecurityPolicy, ContentSecurityPolicy);
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = Or(headers["Referrer-Policy"], "same-origin"); // with no-referrer, forms would be sent without their Origin
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        return Task.CompletedTask;
    }

    private static string Or(string? set, string usual) => string.IsNullOrEmpty(set) ? usual : set;
}
