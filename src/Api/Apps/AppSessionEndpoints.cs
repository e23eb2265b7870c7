using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Apps;

internal sealed record AppSessionAnswer(string Token, DateTimeOffset ExpiresAt);

/// <summary>Gives a device of the owner a session for the private paths of one app, so that the app never sees the owner's session (ADR 0011).</summary>
internal static class AppSessionEndpoints
{
    private const int FingerprintLength = 43;

    public static void MapAppSessions(this IEndpointRouteBuilder edge)
    {
        edge.MapGet("/core/app-session", Begin).WithName("app-session.begin")
            .WithSummary("Sends a paired browser on to an app, with a ticket for a session. Reached by a redirect from the app's host.")
            .Refuses(404, "app_unknown").WithTags("Apps")
            .RequireAuthorization(Policies.Owner).RequireRateLimiting(Limits.AppSessions).Produces(StatusCodes.Status303SeeOther);
        edge.MapGet("/.portal/session", Finish).WithName("app-session.finish")
            .WithSummary("Redeems the ticket on the app's host, sets the session's cookie and leads to the path that was asked for.")
            .Refuses(401, "ticket_invalid").WithTags("Apps")
            .RequireRateLimiting(Limits.AppSessions).Produces(StatusCodes.Status303SeeOther);
        edge.MapPost("/core/protected/apps/{name}/session", Bearer).WithName("apps.session")
            .WithSummary("Starts a session of the calling device with one app, for a tool that sends it as a bearer token to the app.")
            .Refuses(404, "app_unknown").WithTags("Apps")
            .RequireAuthorization(Policies.Owner);
    }

    /// <summary>Issues a ticket on the core's host, to which the owner's cookie is sent.</summary>
    private static async Task Begin(
        string app, string to, string state, HttpContext context, CurrentPortal portal, PublicUrl urls, IMediator mediator, CancellationToken ct)
    {
        if (!LoginRedirect.IsRelative(to) || state.Length != FingerprintLength)
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "The query of this address must name an app and one of its paths.");

        var ticket = await mediator.Send(new IssueAppTicket(portal.Id, app, context.User.FindFirstValue(ClaimTypes.NameIdentifier)!, state, to), ct);
        SeeOther(context, $"{urls.App(portal.Snapshot, app)}/.portal/session?ticket={ticket}&to={Uri.EscapeDataString(to)}");
    }

    /// <summary>Redeems the ticket on the app's host. The proxy forwards only this path of that host to the core.</summary>
    /// <param name="to">The path that the browser asked for. A valid ticket contains it, too.</param>
    private static async Task Finish(
        string ticket, string? to, HttpContext context, CurrentPortal portal, IMediator mediator, TimeProvider clock, CancellationToken ct)
    {
        var cookies = context.Request.Headers.Cookie;
        var wanted = to is not null && LoginRedirect.IsRelative(to) ? to : "/";
        try
        {
            var (session, arrive) = await mediator.Send(new RedeemAppTicket(portal.Id, portal.App!, ticket, LoginRedirect.States(cookies)), ct);
            context.Response.Cookies.Append(OwnSecrets.AppCookie, session.Token, Devices.OwnerSession.CookieOptions(StartAppSession.BrowserLife));
            SeeOther(context, arrive);
        }
        catch (RefusedException refused) when (refused.Code == "ticket_invalid")
        {
            // Another tab may have obtained a session meanwhile, or the page was reloaded.
            if (OwnSecrets.Cookie(cookies, OwnSecrets.AppCookie) is { } held
                && AccessPolicy.IsSession(portal.Snapshot, portal.App!, TokenHash.Of(held), clock.GetUtcNow()))
                SeeOther(context, wanted);
            else if (Navigation.ShowsAnswer(context.Request.Headers))
                await RefusalPage.Write(context, Problem.Of(refused), [(RefusalPageTexts.TryAgain, wanted)]);
            else
                throw;
        }
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
