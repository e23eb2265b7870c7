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
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

internal static class AppPages
{
    /// <summary>The number of peers to choose from on one page.</summary>
    private const int MaxChoices = 100;

    public static void MapAppPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/apps", (CurrentPortal portal) => List(portal, null));
        // a byte of the description may take three in a form
        pages.MapPost("/apps", Register).WithMetadata(new BodyLimit((3 * AppMetaParser.MaxBytes) + BodyLimit.BesideLargeField));
        pages.MapGet("/apps/{name}", Ask);
        pages.MapPost("/apps/{name}/visibility", SetVisibility).WithMetadata(new BodyLimit(64 * 1024));
        pages.MapPost("/apps/{name}/token", IssueToken);
        pages.MapPost("/apps/{name}/passwords", CreatePassword);
        pages.MapPost("/apps/{name}/passwords/{id}/revoke", async (
            string name, string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RevokeAppPassword(portal.Id, Find(portal, name).Name, id), ct);
            return PageResults.Done($"/apps/{name}", "password-revoked");
        });
        pages.MapGet("/apps/{name}/remove", (string name, CurrentPortal portal) => PageResults.Page<RemoveAppPage>(Find(portal, name)));
        pages.MapPost("/apps/{name}/remove", async (string name, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RemoveApp(portal.Id, Find(portal, name).Name), ct);
            return PageResults.Done("/apps", "app-removed");
        });
    }

    private static async Task<IResult> Ask(
        string name, string? pick, string? path, string? @as, CurrentPortal portal, ClaimsPrincipal me, IMediator mediator, CancellationToken ct)
    {
        var shown = new Shown(name, pick);
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
        var app = Find(portal, shown.Name);
        var pick = string.IsNullOrWhiteSpace(shown.Pick) ? null : shown.Pick.Trim();
        var peers = portal.Snapshot.Peers.Values.Where(p => p is { Listed: true, Id: not null }).ToList();
        var choices = peers
            .Where(p => pick is null || p.IsCalled(pick))
            .OrderByDescending(p => app.Visibility.Peers.Contains(p.Id!.Value)).ThenBy(p => p.Name, StringComparer.OrdinalIgnoreCase)
            .Take(MaxChoices)
            .ToList();
        return PageResults.Page<AppPage>(
            new AppPage.View(app, choices, pick, peers.Count > choices.Count, shown.Token, shown.Warnings, shown.Asked) { Password = shown.Password }, failure);
    }

    /// <summary>Applies the choice to the peers that the form showed. The choice for all other peers is kept.</summary>
    private static async Task<IResult> SetVisibility(string name, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var app = Find(portal, name);
        var mode = Enum.TryParse<VisibilityMode>(form["mode"], out var chosen) ? chosen : VisibilityMode.None;
        var shown = form.All("shown").ToHashSet();
        var kept = app.Visibility.Peers.Where(p => !shown.Contains(p.Short.Value)).Select(TypedPortalId.Of);
        try
        {
            var peers = mode == VisibilityMode.Some ? [.. kept, .. form.All("peers").Select(TypedPortalId.Parse)] : Array.Empty<TypedPortalId>();
            await mediator.Send(new SetVisibility(portal.Id, app.Name, mode, peers), ct);
            return PageResults.Done($"/apps/{app.Name}", "visibility");
        }
        catch (RefusedException refused)
        {
            return Show(portal, new Shown(name), new FormFailure("visibility-form", "peers", refused, form));
        }
    }

    private static async Task<IResult> IssueToken(
        string name, PageForm _, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var token = await mediator.Send(new IssueAppToken(portal.Id, Find(portal, name).Name), ct);
        portal.Refresh(snapshots);
        return Show(portal, new Shown(name) { Token = token });
    }

    private static async Task<IResult> CreatePassword(
        string name, PageForm form, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var app = Find(portal, name);
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

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    private static App Find(CurrentPortal portal, string name) => portal.Snapshot.Apps.GetValueOrDefault(name) ?? throw App.Unknown(name);

    /// <param name="Pick">A part of the name of the peers to choose from, or null for all.</param>
    private sealed record Shown(string Name, string? Pick = null)
    {
        public AppPage.Explained? Asked { get; init; }

        public string? Token { get; init; }

        public CreatedAppPassword? Password { get; init; }

        public IReadOnlyList<string> Warnings { get; init; } = [];
    }
}
