using System.Diagnostics;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

/// <summary>A password of an app as it is listed. The password itself is stored as a hash, outside the events.</summary>
/// <param name="Name">The owner's name for it.</param>
public sealed record AppPassword(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>An app that is registered with the Portal.</summary>
/// <param name="HasToken">Whether a token was issued. Whether it is still valid is stored with the credentials.</param>
public sealed record App(AppMeta Meta, Visibility Visibility, DateTimeOffset RegisteredAt, bool HasToken = false) : IAggregate<App, AppEvent>
{
    public const int MaxPasswords = 50;

    private Compiled? compiled;

    public string Name => Meta.Name;

    /// <summary>Those that have not been revoked, the oldest first.</summary>
    public IReadOnlyList<AppPassword> Passwords { get; init; } = [];

    /// <summary>The icon's media type, or null if there is none.</summary>
    public string? IconType { get; init; }

    /// <summary>The digest of the icon's bytes in lower-case hex, or null if there is none.</summary>
    public string? IconSha256 { get; init; }

    /// <summary>What the owner has decided about the permissions that the description asks for.</summary>
    public IReadOnlyList<PermissionDecision> Decisions { get; init; } = [];

    /// <summary>The permissions that the description asks for and the owner has granted.</summary>
    public IEnumerable<AppPermission> Granted => Meta.Permissions.Where(permission => StatusOf(permission) == PermissionStatus.Granted);

    /// <summary>Whether the app asks for a permission about which the owner has not decided yet.</summary>
    public bool AwaitsDecision => Meta.Permissions.Any(permission => StatusOf(permission) == PermissionStatus.Undecided);

    /// <summary>The compiled access rules, made on first use.</summary>
    public AccessRules Rules
    {
        get
        {
            if (compiled is not { } ready || !ReferenceEquals(ready.Of, Meta))
                compiled = ready = new Compiled(Meta, AccessRules.Compile(Meta));
            return ready.Rules;
        }
    }

    public static string Stream(string name) => $"app-{name}";

    public static App? Evolve(App? app, AppEvent happened, DateTimeOffset at) => happened switch
    {
        AppRegistered e => new App(e.Meta, Visibility.None, at),
        AppUpdated e => app! with { Meta = e.Meta, Decisions = [.. app.Decisions.Where(decision => e.Meta.Permissions.Contains(decision.Permission))] },
        AppVisibilitySet e => app! with { Visibility = e.Visibility },
        AppIconSet e => app! with { IconType = e.MediaType, IconSha256 = e.Sha256 },
        AppCredentialIssued => app! with { HasToken = true },
        AppPasswordCreated e => app! with { Passwords = [.. app.Passwords, new AppPassword(e.Id, e.Label, at)] },
        AppPasswordRevoked e => app! with { Passwords = [.. app.Passwords.Where(password => password.Id != e.Id)] },
        AppPermissionGranted e => app!.With(new PermissionDecision(e.Permission, Granted: true)),
        AppPermissionDenied e => app!.With(new PermissionDecision(e.Permission, Granted: false)),
        AppRemoved => null,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<AppEvent> Register(App? app, AppMeta meta) => app?.Meta switch
    {
        null => [new AppRegistered(meta)],
        var known when known == meta => [],
        _ => [new AppUpdated(meta)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> SetVisibility(App? app, string name, Visibility visibility) => app switch
    {
        null => throw Unknown(name),
        _ when app.Visibility == visibility => [],
        _ => [new AppVisibilitySet(name, visibility)],
    };

    /// <summary>Lets the app see one peer, or hides the peer from it, and changes nothing for all others.</summary>
    /// <param name="circles">The circles that the peer is in.</param>
    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>circle_decides</c></exception>
    public static IReadOnlyList<AppEvent> Show(App? app, string name, PortalId peer, CircleSet circles, bool shown) => app is null
        ? throw Unknown(name)
        : SetVisibility(app, name, app.Visibility.With(peer, circles, shown) ?? throw new RefusedException(RefusalKind.Conflict, "circle_decides",
            "A circle decides whether the app sees this peer. Change the circles of the peer, or which peers the app sees."));

    /// <summary>Removes a peer whose identity the owner forgets, so that it is not visible if it is ever added again.</summary>
    /// <param name="circles">The circles that the peer is in.</param>
    public static IReadOnlyList<AppEvent> Forget(App? app, string name, PortalId peer, CircleSet circles) =>
        app is null ? [] : SetVisibility(app, name, app.Visibility.Forget(peer, circles));

    /// <summary>Removes a circle that the owner removes. Nobody becomes visible by that.</summary>
    /// <param name="members">The peers in the circle.</param>
    public static IReadOnlyList<AppEvent> Forget(App? app, string name, CircleId circle, IEnumerable<PortalId> members) =>
        app is null ? [] : SetVisibility(app, name, app.Visibility.Without(circle, members));

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> SetIcon(App? app, string name, string? mediaType, string? sha256) => app switch
    {
        null => throw Unknown(name),
        _ when app.IconSha256 == sha256 => [],
        _ => [new AppIconSet(name, mediaType, sha256)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> IssueCredential(App? app, string name) =>
        app is null ? throw Unknown(name) : [new AppCredentialIssued(name)];

    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_limit</c></exception>
    public static IReadOnlyList<AppEvent> CreatePassword(App? app, string name, string id, string label) => app switch
    {
        null => throw Unknown(name),
        { Passwords.Count: >= MaxPasswords } => throw new RefusedException(RefusalKind.Conflict, "app_password_limit",
            $"An app has at most {MaxPasswords} passwords. Revoke one that is no longer used."),
        _ => [new AppPasswordCreated(name, id, label)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_unknown</c></exception>
    public static IReadOnlyList<AppEvent> RevokePassword(App? app, string name, string id) => app switch
    {
        null => throw Unknown(name),
        _ when app.Passwords.All(password => password.Id != id) =>
            throw new RefusedException(RefusalKind.NotFound, "app_password_unknown", "The app has no such password."),
        _ => [new AppPasswordRevoked(name, id)],
    };

    /// <summary>Grants a permission that the app asks for, or denies it.</summary>
    /// <exception cref="RefusedException"><c>app_unknown</c>; <c>permission_unknown</c></exception>
    public static IReadOnlyList<AppEvent> Decide(App? app, string name, AppPermission permission, bool granted) => app switch
    {
        null => throw Unknown(name),
        _ when !app.Meta.Permissions.Contains(permission) => throw UnknownPermission(),
        _ when app.Decisions.Contains(new PermissionDecision(permission, granted)) => [],
        _ when granted => [new AppPermissionGranted(name, permission)],
        _ => [new AppPermissionDenied(name, permission)],
    };

    /// <exception cref="RefusedException"><c>app_unknown</c></exception>
    public static IReadOnlyList<AppEvent> Remove(App? app, string name) =>
        app is null ? throw Unknown(name) : [new AppRemoved(name)];

    public static RefusedException Unknown(string name) =>
        new(RefusalKind.NotFound, "app_unknown", AppName.IsValid(name)
            ? $"There is no app called {name} on this Portal. It may have been removed."
            : "There is no app of this name on this Portal.");

    public static RefusedException UnknownPermission() =>
        new(RefusalKind.NotFound, "permission_unknown", "The app does not ask for this permission.");

    public PermissionStatus StatusOf(AppPermission permission) =>
        Decisions.FirstOrDefault(decision => decision.Permission == permission)?.Granted switch
        {
            null => PermissionStatus.Undecided,
            true => PermissionStatus.Granted,
            false => PermissionStatus.Denied,
        };

    private App With(PermissionDecision decision) =>
        this with { Decisions = [.. Decisions.Where(earlier => earlier.Permission != decision.Permission), decision] };

    private sealed record Compiled(AppMeta Of, AccessRules Rules);
}
