using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Api.Apps;

internal sealed record AppSessionAnswer(string Token, DateTimeOffset ExpiresAt);

/// <summary>How a device of the owner gets into the private paths of an app without showing the app its own session (ADR 0011).</summary>
internal static class AppSessionEndpoints
{
    private const int FingerprintLength = 43;

    public static void MapAppSessions(this IEndpointRouteBuilder edge)
    {
        edge.MapGet("/core/app-session", Begin).WithName("app-session.begin").WithTags("Apps")
            .RequireAuthorization(Policies.Owner).RequireRateLimiting(Limits.AppSessions).ExcludeFromDescription();
        edge.MapGet("/.portal/session", Finish).WithName("app-session.finish").WithTags("Apps")
            .RequireRateLimiting(Limits.AppSessions).ExcludeFromDescription();
        edge.MapPost("/core/protected/apps/{name}/session", Bearer).WithName("apps.session").WithTags("Apps")
            .RequireAuthorization(Policies.Owner).ProducesProblem(401).ProducesProblem(404);
    }

    /// <summary>On the core's host, where the owner's cookie is.</summary>
    private static async Task Begin(
        string app, string to, string state, HttpContext context, CurrentPortal portal, PublicUrl urls, IMediator mediator, CancellationToken ct)
    {
        if (!SessionDetour.IsRelative(to) || state.Length != FingerprintLength)
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "An app sends browsers here with a path of its own and nothing else.");

        var ticket = await mediator.Send(new IssueAppTicket(portal.Id, app, context.User.FindFirstValue(ClaimTypes.NameIdentifier)!, state, to), ct);
        SeeOther(context, $"{urls.App(portal.Snapshot, app)}/.portal/session?ticket={ticket}");
    }

    /// <summary>On the app's host, which the proxy sends here for this one path.</summary>
    private static async Task Finish(string ticket, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var state = OwnSecrets.Cookie(context.Request.Headers.Cookie, OwnSecrets.StateCookie);
        var (session, to) = await mediator.Send(
            new RedeemAppTicket(portal.Id, portal.App!, ticket, state is null ? null : SessionDetour.Fingerprint(state)), ct);
        context.Response.Cookies.Append(OwnSecrets.AppCookie, session.Token, Devices.OwnerSession.CookieOptions(StartAppSession.BrowserLife));
        SeeOther(context, to);
    }

    private static async Task<Created<AppSessionAnswer>> Bearer(
        string name, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var device = context.User.FindFirstValue(ClaimTypes.NameIdentifier)!;
        var session = await mediator.Send(new StartAppSession(portal.Id, name, device, StartAppSession.BearerLife), ct);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new AppSessionAnswer(session.Token, session.ExpiresAt));
    }

    private static void SeeOther(HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = FieldBytes.Of(location);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
