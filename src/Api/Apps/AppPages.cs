using System.Security.Claims;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

internal static class AppPages
{
    /// <summary>The number of peers in the list of those for whom a path can be explained.</summary>
    private const int MaxAsked = 100;

    public static void MapAppPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/apps", (CurrentPortal portal) => List(portal, null));
        // a byte of the description may take three in a form
        pages.MapPost("/apps", Register).WithMetadata(new BodyLimit((3 * AppMetaParser.MaxBytes) + BodyLimit.BesideLargeField));
        pages.MapPost("/apps/announce", async (PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new AnnounceApps(portal.Id, form.Has("announce")), ct);
            return PageResults.Done("/apps", "announce");
        });
        pages.MapGet("/apps/{name}", Ask);
        pages.MapPost("/apps/{name}/visibility", SetVisibility).WithMetadata(new BodyLimit(PeerChoice.MaxForm));
        pages.MapPost("/apps/{name}/find", (string name, PageForm form, CurrentPortal portal) => Show(portal, new Shown(name) { Chosen = form }))
            .WithMetadata(new BodyLimit(PeerChoice.MaxForm));
        pages.MapPost("/peers/{id}/apps/{name}", ShowPeer);
        pages.MapPost("/apps/{name}/permissions/{permission}", async (
            string name, string permission, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new DecidePermission(portal.Id, portal.RequireApp(name).Name, PermissionEndpoints.Read(permission), form.Has("grant")), ct);
            return PageResults.Done($"/apps/{name}", "permission");
        });
        pages.MapPost("/apps/{name}/icon", SetIcon).WithMetadata(new BodyLimit(SetAppIcon.MaxLength + BodyLimit.BesideLargeField));
        pages.MapPost("/apps/{name}/token", IssueToken);
        pages.MapPost("/apps/{name}/passwords", CreatePassword);
        pages.MapPost("/apps/{name}/passwords/{id}/revoke", async (
            string name, string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RevokeAppPassword(portal.Id, portal.RequireApp(name).Name, id), ct);
            return PageResults.Done($"/apps/{name}", "password-revoked");
        });
        pages.MapPost("/apps/{name}/events/{id}/redeliver", async (
            string name, string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RedeliverEvent(portal.Id, portal.RequireApp(name).Name, id), ct);
            return PageResults.Done($"/apps/{name}", "event-redelivered");
        });
        pages.MapPost("/apps/{name}/events/{id}/discard", async (
            string name, string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new DiscardEvent(portal.Id, portal.RequireApp(name).Name, id), ct);
            return PageResults.Done($"/apps/{name}", "event-discarded");
        });
        pages.MapPost("/apps/{name}/calls/{call}/cancel", async (
            string name, string call, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            var waited = await mediator.Send(new CancelDeferredCall(portal.Id, ShowDeferredCall.IdOf(call), Forgets: false), ct);
            return PageResults.Done($"/apps/{portal.RequireApp(name).Name}", waited ? "call-cancelled" : "call-ended");
        });
        pages.MapGet("/apps/{name}/remove", (string name, CurrentPortal portal) => PageResults.Page<RemoveAppPage>(portal.RequireApp(name)));
        pages.MapPost("/apps/{name}/remove", async (string name, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RemoveApp(portal.Id, portal.RequireApp(name).Name), ct);
            return PageResults.Done("/apps", "app-removed");
        });
    }

    private static async Task<IResult> Ask(
        string name, string? path, string? @as, CurrentPortal portal, ClaimsPrincipal me, IMediator mediator, CancellationToken ct)
    {
        var shown = new Shown(name);
        if (path is null)
            return Show(portal, shown);

        try
        {
            var told = await mediator.Send(new ExplainAccess(portal.Id, name, path, @as ?? "anonymous", me.FindFirstValue(ClaimTypes.NameIdentifier)!), ct);
            return Show(portal, shown with { Asked = new(path, @as ?? "anonymous", told.Status, told.Reason) });
        }
        catch (RefusedException refused) when (refused.Code != "app_unknown")
        {
            return Show(portal, shown with { Asked = new(path, @as ?? "anonymous", (int)refused.Kind, refused.Message) });
        }
    }

    private static RazorComponentResult<AppsPage> List(CurrentPortal portal, FormFailure? failure) => PageResults.Page<AppsPage>(
        new AppsPage.View([.. portal.Snapshot.Apps.Values.OrderBy(a => a.Meta.PrettyName, StringComparer.OrdinalIgnoreCase)]), failure);

    private static async Task<IResult> Register(PageForm form, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var file = form.File("file");
        try
        {
            var description = file is null ? Encoding.UTF8.GetBytes(form["description"] ?? "") : await Read(file, ct);
            var app = await mediator.Send(new RegisterApp(portal.Id, AppMetaParser.Parse(description).Meta.Name, description), ct);
            portal.Refresh(snapshots);
            return app.Warnings.Count == 0
                ? PageResults.Done($"/apps/{app.Name}", app.IsNew ? "app-registered" : "app-updated")
                : Show(portal, new Shown(app.Name) { Warnings = app.Warnings });
        }
        catch (RefusedException refused)
        {
            return List(portal, new FormFailure("register-app", file is null ? "description" : "file", refused, form));
        }
    }

    private static RazorComponentResult<AppPage> Show(CurrentPortal portal, Shown shown, FormFailure? failure = null)
    {
        var app = portal.RequireApp(shown.Name);
        var chosen = (shown.Chosen ?? failure?.Typed) is { } form && form.Has("mode") ? form : null;
        var peers = PeerChoice.Of(portal.Snapshot, peer => peer.Id is not null, peer => app.Visibility.Names(peer.Id!.Value), chosen);
        var choice = chosen is null
            ? new AppPage.Sight(app.Visibility.Mode, app.Visibility.Circles, peers)
            : new AppPage.Sight(ModeIn(chosen), CirclesIn(chosen), peers);
        var asking = portal.Snapshot.FindPeers(PeerFilter.All).Where(peer => peer.Id is not null && app.Shows(peer)).Take(MaxAsked).ToList();
        var view = new AppPage.View(app, choice, asking, shown.Token, shown.Warnings, shown.Asked) { HadToken = shown.HadToken, Password = shown.Password };
        return PageResults.Page<AppPage>(view, failure);
    }

    private static VisibilityMode ModeIn(PageForm form) => Enum.TryParse<VisibilityMode>(form["mode"], out var mode) ? mode : VisibilityMode.None;

    private static CircleSet CirclesIn(PageForm form) =>
        CircleSet.Of(form.All("circles").Select(text => CircleId.TryParse(text, out var circle) ? circle : throw CircleList.Unknown()));

    /// <summary>Peers that are not in the list at the moment are kept, as long as they stand for the same.</summary>
    private static async Task<IResult> SetVisibility(string name, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var app = portal.RequireApp(name);
        var (mode, ticked) = (ModeIn(form), PeerChoice.TickedIn(form));
        var (names, known) = (mode is VisibilityMode.Some or VisibilityMode.AllExcept, portal.Snapshot.Peers);
        var kept = app.Visibility.Peers.Where(p => mode == app.Visibility.Mode && known.GetValueOrDefault(p.Short)?.Listed is not true);
        try
        {
            TypedPortalId[] peers = names ? [.. kept.Select(TypedPortalId.Of), .. ticked.Select(TypedPortalId.Of)] : [];
            await mediator.Send(new SetVisibility(portal.Id, app.Name, mode, peers) { Circles = names ? [.. CirclesIn(form)] : [] }, ct);
            return PageResults.Done($"/apps/{app.Name}", "visibility");
        }
        catch (RefusedException refused)
        {
            return Show(portal, new Shown(name), new FormFailure("visibility-form", "peers", refused, form));
        }
    }

    private static async Task<IResult> ShowPeer(
        string id, string name, PageForm form, CurrentPortal portal, Undo undo, IMediator mediator, CancellationToken ct)
    {
        var (app, peer, shown) = (portal.RequireApp(name), TypedPortalId.Parse(id), form.Has("show"));
        await mediator.Send(new ShowPeerToApp(portal.Id, app.Name, peer, shown), ct);
        return undo.Done($"/peers/{peer.Short}", "visibility", portal.Id, new Did.AppSwitched(peer.Short.Value, app.Name, shown));
    }

    private static async Task<IResult> IssueToken(
        string name, PageForm _, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var before = portal.RequireApp(name);
        var token = await mediator.Send(new IssueAppToken(portal.Id, before.Name), ct);
        portal.Refresh(snapshots);
        return Show(portal, new Shown(name) { Token = token, HadToken = before.HasToken });
    }

    private static async Task<IResult> SetIcon(string name, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var app = portal.RequireApp(name);
        try
        {
            await using var icon = form.File("icon")?.OpenReadStream() ?? Stream.Null;
            await mediator.Send(new SetAppIcon(portal.Id, app.Name, await AppEndpoints.ReadIcon(icon, ct)), ct);
            return PageResults.Done($"/apps/{app.Name}", "app-icon");
        }
        catch (RefusedException refused)
        {
            return Show(portal, new Shown(name), new FormFailure("icon-form", "icon", refused, form));
        }
    }

    private static async Task<IResult> CreatePassword(
        string name, PageForm form, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var app = portal.RequireApp(name);
        try
        {
            var created = await mediator.Send(new CreateAppPassword(portal.Id, app.Name, form["name"] ?? ""), ct);
            portal.Refresh(snapshots);
            return Show(portal, new Shown(name) { Password = created });
        }
        catch (RefusedException refused)
        {
            return Show(portal, new Shown(name), new FormFailure("password-form", "name", refused, form));
        }
    }

    private static async Task<byte[]> Read(IFormFile file, CancellationToken ct)
    {
        if (file.Length > AppMetaParser.MaxBytes)
            throw new RefusedException(RefusalKind.TooLarge, "body_too_large", "The file is larger than the 1 MiB that a description may have.");

        using var content = new MemoryStream();
        await file.CopyToAsync(content, ct);
        return content.ToArray();
    }

    private sealed record Shown(string Name)
    {
        /// <summary>The form with which the owner looked for peers to choose, or null for what is saved.</summary>
        public PageForm? Chosen { get; init; }

        public AppPage.Explained? Asked { get; init; }

        public string? Token { get; init; }

        public bool HadToken { get; init; }

        public CreatedAppPassword? Password { get; init; }

        public IReadOnlyList<string> Warnings { get; init; } = [];
    }
}
