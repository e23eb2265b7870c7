using System.Security.Claims;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <param name="Permissions">What the app asks for, with what the owner has decided so far.</param>
internal sealed record RegistrationAnswer(string Name, IReadOnlyList<string> Warnings, IReadOnlyList<PermissionItem> Permissions);

internal sealed record VisibilityBody(VisibilityMode Mode, IReadOnlyList<string>? Peers = null, IReadOnlyList<CircleId>? Circles = null);

/// <param name="Visible">Whether the app sees the peer.</param>
internal sealed record SeenBody(bool Visible);

internal sealed record TokenAnswer(string Token);

/// <summary>The owner's API for apps.</summary>
internal static class AppEndpoints
{
    /// <summary>In bytes; enough for the full IDs of about nine thousand peers.</summary>
    private const int MaxVisibility = 1 << 20;

    private const string Example =
        """
        {"v":"1.3","name":"photo-wall","pretty_name":"Photo wall","paths":{"":{"access":"private"},"/photos":{"access":"peer"}},"permissions":["profile"],"webhook":"/hooks/peers"}
        """;

    public static void MapApps(this IEndpointRouteBuilder edge)
    {
        var apps = edge.MapGroup("/core/protected/apps").WithTags("Apps")
            .RequireAuthorization(Policies.Owner);
        apps.MapGet("", List).WithName("apps.list")
            .WithSummary("Lists the apps.");
        apps.MapGet("/{name}", Show).WithName("apps.show")
            .WithSummary("Shows one app: its description in version 1.3, its address and who may see it.").Refuses(404, "app_unknown");
        apps.MapPut("/{name}", Register).WithName("apps.register")
            .WithSummary("Registers an app, or replaces its description. The body is its app_meta.json.")
            .Refuses(400, "app_meta_invalid").Refuses(409, "container_taken").WithMetadata(new BodyLimit(AppMetaParser.MaxBytes)).Accepts<object>("application/json")
            .WithMetadata(new ReadBody(["application/json"], $"An app_meta.json, whose JSON schema is at {AppMetaSchema.Path}.", Example))
            .Produces<RegistrationAnswer>(201).Produces<RegistrationAnswer>();
        apps.MapDelete("/{name}", Remove).WithName("apps.remove")
            .WithSummary("Removes an app, its token, passwords and sessions.").Refuses(404, "app_unknown");
        apps.MapGet("/{name}/visibility", ShowVisibility).WithName("apps.visibility")
            .WithSummary("Shows which peers an app sees.").Refuses(404, "app_unknown");
        apps.MapPut("/{name}/visibility", SetVisibility).WithName("apps.set-visibility")
            .WithSummary("Sets which peers an app sees. A peer that it does not see does not exist for it.")
            .Refuses(400, "id_malformed").Refuses(404, "app_unknown", "peer_unknown", "circle_unknown").Refuses(409, "peer_not_reached").WithMetadata(new BodyLimit(MaxVisibility));
        edge.MapPut("/core/protected/peers/{id}/apps/{name}", ShowPeer).WithName("apps.show-peer")
            .WithSummary("Shows one peer to an app, or hides it.")
            .Refuses(400, "id_malformed").Refuses(404, "app_unknown", "peer_unknown").Refuses(409, "circle_decides", "peer_not_reached").WithTags("Apps")
            .RequireAuthorization(Policies.Owner);
        apps.MapGet("/{name}/icon", ShowIcon).WithName("apps.icon")
            .WithSummary("Serves an app's icon.").Refuses(404, "app_unknown", "icon_unknown").ServesPicture("image/svg+xml");
        apps.MapPut("/{name}/icon", SetIcon).WithName("apps.set-icon")
            .WithSummary("Sets an app's icon: an SVG, PNG, JPEG, GIF or WebP picture.")
            .Refuses(400, "icon_invalid", "avatar_invalid").Refuses(404, "app_unknown").Refuses(413, "icon_too_large").Reads("image/*").WithMetadata(new BodyLimit(SetAppIcon.MaxLength + 1));
        apps.MapDelete("/{name}/icon", RemoveIcon).WithName("apps.remove-icon")
            .WithSummary("Removes an app's icon.").Refuses(404, "app_unknown");
        apps.MapGet("/{name}/explain", Explain).WithName("apps.explain")
            .WithSummary("Explains what a request to a path of an app would be answered, and why.")
            .Refuses(400, "id_malformed").Refuses(404, "app_unknown", "peer_unknown");
        apps.MapPost("/{name}/token", IssueToken).WithName("apps.issue-token")
            .WithSummary("Issues the app's token. It replaces the earlier one and is shown only here.").Refuses(404, "app_unknown");
    }

    private static IReadOnlyList<AppItem> List(HttpContext context, CurrentPortal portal, PublicUrl url, int? limit, string? after)
    {
        var (snapshot, most) = (portal.Snapshot, Paging.Limit(limit));
        var found = snapshot.Apps.Values
            .OrderBy(app => app.Name, StringComparer.Ordinal)
            .Where(app => after is null || string.CompareOrdinal(app.Name, after) > 0)
            .Take(most + 1)
            .Select(app => AppItem.Of(app, url.App(snapshot, app.Name)))
            .ToList();
        return context.Page(found, most, app => app.Name);
    }

    private static AppItem Show(string name, CurrentPortal portal, PublicUrl url) =>
        AppItem.Of(portal.RequireApp(name), url.App(portal.Snapshot, name));

    private static async Task<Results<Created<RegistrationAnswer>, Ok<RegistrationAnswer>>> Register(
        string name, HttpRequest request, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        var app = await mediator.Send(new RegisterApp(portal.Id, name, body.GetBuffer().AsMemory(0, (int)body.Length)), ct);
        portal.Refresh(snapshots);
        var answer = new RegistrationAnswer(app.Name, app.Warnings, PermissionItem.Of(portal.RequireApp(app.Name)));
        return app.IsNew ? TypedResults.Created($"/core/protected/apps/{app.Name}", answer) : TypedResults.Ok(answer);
    }

    private static async Task<NoContent> Remove(string name, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RemoveApp(portal.Id, portal.RequireApp(name).Name), ct);
        return TypedResults.NoContent();
    }

    private static VisibilityItem ShowVisibility(string name, CurrentPortal portal) => VisibilityItem.Of(portal.RequireApp(name).Visibility);

    private static async Task<NoContent> SetVisibility(
        string name, VisibilityBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var peers = (body.Peers ?? []).Select(TypedPortalId.Parse).ToList();
        await mediator.Send(new SetVisibility(portal.Id, portal.RequireApp(name).Name, body.Mode, peers) { Circles = body.Circles ?? [] }, ct);
        return TypedResults.NoContent();
    }

    /// <summary>Serves an icon as a picture and nothing else: a drawing runs nothing and loads nothing, even if it is opened by itself.</summary>
    private static async Task<IResult> ShowIcon(string name, string? v, HttpContext context, CurrentPortal portal, IAppIcons icons, CancellationToken ct)
    {
        var app = portal.RequireApp(name);
        if (app is not { IconSha256: { } sha256, IconType: { } type } || await icons.Read(portal.Id, app.Name, ct) is not { } bytes)
            throw new RefusedException(RefusalKind.NotFound, "icon_unknown", "This app has no icon.");

        context.Response.Headers.CacheControl = v is { Length: > 0 } && sha256.StartsWith(v, StringComparison.Ordinal)
            ? "private, max-age=31536000, immutable"
            : "private, no-cache";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return TypedResults.Bytes(bytes, type, entityTag: new Microsoft.Net.Http.Headers.EntityTagHeaderValue($"\"{sha256}\""));
    }

    private static async Task<NoContent> SetIcon(string name, HttpRequest request, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAppIcon(portal.Id, portal.RequireApp(name).Name, await ReadIcon(request.Body, ct)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveIcon(string name, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAppIcon(portal.Id, portal.RequireApp(name).Name, null), ct);
        return TypedResults.NoContent();
    }

    /// <returns>The bytes, up to one more than an icon may have, so that a larger one is refused.</returns>
    internal static async Task<ReadOnlyMemory<byte>> ReadIcon(Stream body, CancellationToken ct)
    {
        var buffer = new byte[SetAppIcon.MaxLength + 1];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return buffer.AsMemory(0, length);
    }

    private static async Task<NoContent> ShowPeer(
        string id, string name, SeenBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new ShowPeerToApp(portal.Id, portal.RequireApp(name).Name, TypedPortalId.Parse(id), body.Visible), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Created<TokenAnswer>> IssueToken(
        string name, CurrentPortal portal, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        var token = await mediator.Send(new IssueAppToken(portal.Id, portal.RequireApp(name).Name), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new TokenAnswer(token));
    }

    private static Task<AccessExplanation> Explain(
        string name, string path, string? @as, CurrentPortal portal, ClaimsPrincipal me, IMediator mediator, CancellationToken ct) =>
        mediator.Send(new ExplainAccess(portal.Id, name, path, @as ?? "anonymous", me.FindFirstValue(ClaimTypes.NameIdentifier)!), ct);
}
