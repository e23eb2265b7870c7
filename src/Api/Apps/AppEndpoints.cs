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

internal sealed record RegistrationAnswer(string Name, IReadOnlyList<string> Warnings);

internal sealed record VisibilityBody(VisibilityMode Mode, IReadOnlyList<string>? Peers = null, IReadOnlyList<CircleId>? Circles = null);

/// <param name="Visible">Whether the app sees the peer.</param>
internal sealed record SeenBody(bool Visible);

internal sealed record TokenAnswer(string Token);

/// <summary>The owner's API for apps.</summary>
internal static class AppEndpoints
{
    /// <summary>In bytes; enough for the full IDs of about nine thousand peers.</summary>
    private const int MaxVisibility = 1 << 20;

    public static void MapApps(this IEndpointRouteBuilder edge)
    {
        var apps = edge.MapGroup("/core/protected/apps").WithTags("Apps")
            .RequireAuthorization(Policies.Owner).ProducesProblem(401);
        apps.MapGet("", List).WithName("apps.list");
        apps.MapGet("/{name}", Show).WithName("apps.show").ProducesProblem(404);
        apps.MapPut("/{name}", Register).WithName("apps.register").WithMetadata(new BodyLimit(AppMetaParser.MaxBytes)).Accepts<object>("application/json")
            .Produces<RegistrationAnswer>(201).Produces<RegistrationAnswer>().ProducesProblem(400);
        apps.MapDelete("/{name}", Remove).WithName("apps.remove").ProducesProblem(404);
        apps.MapGet("/{name}/visibility", ShowVisibility).WithName("apps.visibility").ProducesProblem(404);
        apps.MapPut("/{name}/visibility", SetVisibility).WithName("apps.set-visibility").WithMetadata(new BodyLimit(MaxVisibility)).ProducesProblem(404);
        edge.MapPut("/core/protected/peers/{id}/apps/{name}", ShowPeer).WithName("apps.show-peer").WithTags("Apps")
            .RequireAuthorization(Policies.Owner).ProducesProblem(401).ProducesProblem(404).ProducesProblem(409);
        apps.MapGet("/{name}/icon", ShowIcon).WithName("apps.icon").Produces(200).ProducesProblem(404);
        apps.MapPut("/{name}/icon", SetIcon).WithName("apps.set-icon").WithMetadata(new BodyLimit(SetAppIcon.MaxLength + 1)).ProducesProblem(404);
        apps.MapDelete("/{name}/icon", RemoveIcon).WithName("apps.remove-icon").ProducesProblem(404);
        apps.MapGet("/{name}/explain", Explain).WithName("apps.explain").ProducesProblem(404);
        apps.MapPost("/{name}/token", IssueToken).WithName("apps.issue-token").ProducesProblem(404);
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
        AppItem.Of(Find(portal, name), url.App(portal.Snapshot, name));

    private static async Task<Results<Created<RegistrationAnswer>, Ok<RegistrationAnswer>>> Register(
        string name, HttpRequest request, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, ct);
        var app = await mediator.Send(new RegisterApp(portal.Id, name, body.GetBuffer().AsMemory(0, (int)body.Length)), ct);
        var answer = new RegistrationAnswer(app.Name, app.Warnings);
        return app.IsNew ? TypedResults.Created($"/core/protected/apps/{app.Name}", answer) : TypedResults.Ok(answer);
    }

    private static async Task<NoContent> Remove(string name, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RemoveApp(portal.Id, Find(portal, name).Name), ct);
        return TypedResults.NoContent();
    }

    private static VisibilityItem ShowVisibility(string name, CurrentPortal portal) => VisibilityItem.Of(Find(portal, name).Visibility);

    private static async Task<NoContent> SetVisibility(
        string name, VisibilityBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var peers = (body.Peers ?? []).Select(TypedPortalId.Parse).ToList();
        await mediator.Send(new SetVisibility(portal.Id, Find(portal, name).Name, body.Mode, peers) { Circles = body.Circles ?? [] }, ct);
        return TypedResults.NoContent();
    }

    /// <summary>Serves an icon as a picture and nothing else: a drawing runs nothing and loads nothing, even if it is opened by itself.</summary>
    private static async Task<IResult> ShowIcon(string name, string? v, HttpContext context, CurrentPortal portal, IAppIcons icons, CancellationToken ct)
    {
        var app = Find(portal, name);
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
        await mediator.Send(new SetAppIcon(portal.Id, Find(portal, name).Name, await ReadIcon(request.Body, ct)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveIcon(string name, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetAppIcon(portal.Id, Find(portal, name).Name, null), ct);
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
        await mediator.Send(new ShowPeerToApp(portal.Id, Find(portal, name).Name, TypedPortalId.Parse(id), body.Visible), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Created<TokenAnswer>> IssueToken(
        string name, CurrentPortal portal, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        var token = await mediator.Send(new IssueAppToken(portal.Id, Find(portal, name).Name), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new TokenAnswer(token));
    }

    private static Task<AccessExplanation> Explain(
        string name, string path, string? @as, CurrentPortal portal, ClaimsPrincipal me, IMediator mediator, CancellationToken ct) =>
        mediator.Send(new ExplainAccess(portal.Id, name, path, @as ?? "anonymous", me.FindFirstValue(ClaimTypes.NameIdentifier)!), ct);

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    private static App Find(CurrentPortal portal, string name) => portal.Snapshot.Apps.GetValueOrDefault(name) ?? throw App.Unknown(name);
}
