using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Http;

/// <summary>The Portal that a request is for. There is one instance per request.</summary>
internal sealed class CurrentPortal
{
    private PortalSnapshot? snapshot;

    /// <summary>The Portal's snapshot at the start of the request.</summary>
    public PortalSnapshot Snapshot
    {
        get => snapshot ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "No Portal here has this host name.");
        set => snapshot = value;
    }

    /// <summary>Whether the request is for a Portal here; otherwise <see cref="Snapshot"/> refuses it.</summary>
    public bool IsKnown => snapshot is not null;

    public PortalId Id => Snapshot.Portal.Id;

    /// <summary>The mark of the state that a page shows at least (<see cref="IPortalChanges"/>). Null where no page is shown to the owner.</summary>
    public string? Mark { get; private set; }

    /// <summary>Takes the mark, and then a snapshot that is not older.</summary>
    public void MarkState(IPortalChanges changes, IPortalSnapshots snapshots)
    {
        Mark = changes.Mark(Id);
        Refresh(snapshots);
    }

    /// <summary>The latest snapshot, for a response that shows what the request has just changed.</summary>
    public void Refresh(IPortalSnapshots snapshots) => snapshot = snapshots.Find(Id);

    /// <summary>The app whose host the request names (edge) or that sent the request (internal), or null.</summary>
    public string? App { get; set; }

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public Domain.Apps.App RequireApp(string name) => Snapshot.Apps.GetValueOrDefault(name) ?? throw Domain.Apps.App.Unknown(name);
}

/// <summary>
/// Finds the Portal by the host of a request on the edge. The core's own host has all pages and paths except <c>/.portal/</c>, which is the only
/// one on an app's host.
/// </summary>
internal sealed class EdgePortal(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context, CurrentPortal current, IPortalSnapshots snapshots)
    {
        if (context.Listener() == Listener.Edge && Find(context.Request.Host.Host.ToLowerInvariant(), snapshots) is var (portal, app))
        {
            current.Snapshot = portal;
            current.App = app;
            if (app is not null != IsCores(context.Request.Path))
                return Results.NotFound().ExecuteAsync(context);
        }

        return next(context);
    }

    /// <summary>The app that a request on the edge is for, by its host, or null if it is for the core.</summary>
    public static (PortalSnapshot Portal, string App)? AppOf(HttpContext context, IPortalSnapshots snapshots) =>
        context.Listener() == Listener.Edge && Find(context.Request.Host.Host.ToLowerInvariant(), snapshots) is (var portal, { } app)
            && !IsCores(context.Request.Path)
            ? (portal, app)
            : null;

    /// <summary>The only path of an app's host that is the core's.</summary>
    private static bool IsCores(PathString path) => path.StartsWithSegments("/.portal", StringComparison.OrdinalIgnoreCase);

    private static (PortalSnapshot Portal, string? App)? Find(string host, IPortalSnapshots snapshots) => snapshots.FindByHost(host) switch
    {
        { } portal when host.Length == portal.Portal.Domain.Length => (portal, null),
        { } portal => (portal, host[..^(portal.Portal.Domain.Length + 1)]),
        null when snapshots.All is { Count: 1 } all => (all.First(), null),
        null => null,
    };
}
