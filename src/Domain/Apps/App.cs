using System.Collections.Immutable;
using System.Diagnostics;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

/// <summary>One app of the Portal. <see cref="Meta"/> is null while it is not registered.</summary>
public sealed record App(AppMeta? Meta, Visibility Visibility) : IAggregate<App, AppEvent>
{
    public const int MaxPasswords = 50;

    public static App Initial { get; } = new(null, Visibility.None);

    /// <summary>The ids of the app's passwords that have not been revoked.</summary>
    public ImmutableHashSet<string> Passwords { get; private init; } = [];

    public static string Stream(string name) => $"app-{name}";

    public static App Evolve(App app, AppEvent happened) => happened switch
    {
        AppRegistered e => app with { Meta = e.Meta },
        AppUpdated e => app with { Meta = e.Meta },
        AppVisibilitySet e => app with { Visibility = e.Visibility },
        AppCredentialIssued => app,
        AppPasswordCreated e => app with { Passwords = app.Passwords.Add(e.Id) },
        AppPasswordRevoked e => app with { Passwords = app.Passwords.Remove(e.Id) },
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

    /// <summary>Removes a peer whose identity the owner forgets, so that it is not visible if it is ever added again.</summary>
    public static IReadOnlyList<AppEvent> Forget(App app, string name, PortalId peer) =>
        app is { Meta: not null, Visibility: { Mode: VisibilityMode.Some } seen } && seen.Shows(peer)
            ? [new AppVisibilitySet(name, Visibility.Some(seen.Peers.Where(other => other != peer)))]
            : [];

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> IssueCredential(App app, string name) =>
        app.Meta is null ? throw Unknown(name) : [new AppCredentialIssued(name)];

    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_limit</c></exception>
    public static IReadOnlyList<AppEvent> CreatePassword(App app, string name, string id, string label) => app switch
    {
        { Meta: null } => throw Unknown(name),
        { Passwords.Count: >= MaxPasswords } => throw new RefusedException(RefusalKind.Conflict, "app_password_limit",
            $"An app has at most {MaxPasswords} passwords. Revoke one that is no longer used."),
        _ => [new AppPasswordCreated(name, id, label)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_unknown</c></exception>
    public static IReadOnlyList<AppEvent> RevokePassword(App app, string name, string id) => app switch
    {
        { Meta: null } => throw Unknown(name),
        _ when !app.Passwords.Contains(id) => throw new RefusedException(RefusalKind.NotFound, "app_password_unknown", "The app has no such password."),
        _ => [new AppPasswordRevoked(name, id)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> Remove(App app, string name) =>
        app.Meta is null ? throw Unknown(name) : [new AppRemoved(name)];

    public static RefusedException Unknown(string name) =>
        new(RefusalKind.NotFound, "app_unknown", AppName.IsValid(name) ? $"No app named {name} is registered here." : "No app of this name is registered here.");
}
