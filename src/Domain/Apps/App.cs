using System.Diagnostics;
using PeerRegistry.Domain.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

/// <summary>One app of the Portal. <see cref="Meta"/> is null while it is not registered.</summary>
public sealed record App(AppMeta? Meta, Visibility Visibility)
{
    public static readonly App Initial = new(null, Visibility.None);

    public static string Stream(string name) => $"app-{name}";

    public static App Evolve(App app, AppEvent happened) => happened switch
    {
        AppRegistered e => app with { Meta = e.Meta },
        AppUpdated e => app with { Meta = e.Meta },
        AppVisibilitySet e => app with { Visibility = e.Visibility },
        AppCredentialIssued => app,
        AppRemoved => Initial,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<AppEvent> Register(App app, AppMeta meta) => app.Meta switch
    {
        null => [new AppRegistered(meta)],
        var known when known == meta => [],
        _ => [new AppUpdated(meta)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> SetVisibility(App app, string name, Visibility visibility) => app switch
    {
        { Meta: null } => throw Unknown(name),
        _ when app.Visibility == visibility => [],
        _ => [new AppVisibilitySet(name, visibility)],
    };

    /// <summary>A peer whose identity the owner forgets starts anew, should it come back.</summary>
    public static IReadOnlyList<AppEvent> Forget(App app, string name, PortalId peer) =>
        app is { Meta: not null, Visibility: { Mode: VisibilityMode.Some } seen } && seen.Shows(peer)
            ? [new AppVisibilitySet(name, Visibility.Some(seen.Peers.Where(other => other != peer)))]
            : [];

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> IssueCredential(App app, string name) =>
        app.Meta is null ? throw Unknown(name) : [new AppCredentialIssued(name)];

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> Remove(App app, string name) =>
        app.Meta is null ? throw Unknown(name) : [new AppRemoved(name)];

    public static RefusedException Unknown(string name) =>
        new(RefusalKind.NotFound, "app_unknown", $"No app named {(AppName.IsValid(name) ? name : "so")} is registered here.");
}
