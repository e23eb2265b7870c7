using System.Globalization;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Renders refusals for nginx, which uses only the status of a forward-auth response. The details of a refusal are sent in header fields, and the
/// configuration passes these to <see cref="Path"/>, which renders the response. The request itself is not verified again, because its signature
/// is only accepted once.
/// </summary>
internal static class NginxAnswer
{
    public const string Path = "/internal/auth/nginx/answer";

    private const string Status = "X-Portal-Status";
    private const string Code = "X-Portal-Code";
    private const string Detail = "X-Portal-Detail";
    private const string Location = "X-Portal-Location";
    private const string Cookie = "X-Portal-Cookie";
    private const string RetryAfter = "X-Portal-Retry-After";

    public static void Announce(IHeaderDictionary verdict, RefusedException refused)
    {
        verdict[Status] = ((int)refused.Kind).ToString(CultureInfo.InvariantCulture);
        verdict[Code] = refused.Code;
        verdict[Detail] = FieldBytes.Of(refused.Message);
        if (refused.RetryAfter is { } wait)
            verdict[RetryAfter] = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Turns a redirect into a 401, with the address beside it.</summary>
    public static void AnnounceRedirect(HttpResponse verdict)
    {
        verdict.StatusCode = StatusCodes.Status401Unauthorized;
        verdict.Headers[Status] = "303";
        verdict.Headers[Location] = verdict.Headers.Location;
        verdict.Headers.Location = default;
    }

    public static void MapNginxAnswer(this IEndpointRouteBuilder inner) =>
        inner.MapGet(Path, Answer).WithName("forward-auth.nginx-answer")
            .WithSummary("Renders the refusal that nginx got from forward-auth.")
            .Refuses(400).Refuses(401).Refuses(403).Refuses(404).Refuses(503, "internal_error").Produces(StatusCodes.Status303SeeOther).WithTags("Proxy");

    private static Task Answer(HttpContext context, AppRefusal refusals)
    {
        var said = context.Request.Headers;
        context.Response.Headers.CacheControl = "no-store";
        if (said[Location] is [{ Length: > 0 } location])
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            (context.Response.Headers.Location, context.Response.Headers.SetCookie) = (location, said[Cookie]);
            return Task.CompletedTask;
        }

        // Without a status, the proxy had no verdict, so this response must not look like one of the app.
        var kind = int.TryParse(said[Status], CultureInfo.InvariantCulture, out var status) && Enum.IsDefined((RefusalKind)status)
            ? (RefusalKind)status
            : RefusalKind.Unavailable;
        var refused = new RefusedException(kind, Or(said[Code], "internal_error"), Or(said[Detail], "The core gave no verdict."))
        {
            RetryAfter = int.TryParse(said[RetryAfter], CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null,
        };
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.Remove("WWW-Authenticate"); // nginx adds the field of the verdict itself
            return Task.CompletedTask;
        });
        var problem = Problem.Of(refused);
        return Navigation.ShowsAnswer(said)
            ? RefusalPage.Write(context, problem, refusals.WayHome(said["X-Forwarded-Host"]))
            : problem.Write(context);
    }

    private static string Or(string? said, string otherwise) => string.IsNullOrEmpty(said) ? otherwise : FieldBytes.Text(said) ?? otherwise;
}
