using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <param name="Peers">The full IDs of the peers that are named.</param>
internal sealed record VisibilityItem(VisibilityMode Mode, IReadOnlyList<PortalId> Peers, CircleSet Circles)
{
    public static VisibilityItem Of(Visibility visibility) => new(visibility.Mode, visibility.Peers, visibility.Circles);
}

internal sealed record PathItem(Domain.Apps.Access Access, IReadOnlyDictionary<string, string> Headers);

internal sealed record EntrypointItem(string ContainerName, int ContainerPort, string EntrypointPort);

/// <summary>An app's description in version 1.3, with the fields that the registry adds.</summary>
/// <param name="Url">The app's address for browsers.</param>
internal sealed record AppItem(
    string V, string Name, string PrettyName, string? AppVersion, string? Icon, string? Homepage, string? UpstreamRepo,
    IReadOnlyList<EntrypointItem> Entrypoints, IReadOnlyDictionary<string, PathItem> Paths, Lifecycle? Lifecycle, string MinimumPortalSize,
    IReadOnlyList<AppPermission> Permissions, string? Webhook, string Url, VisibilityItem Visibility, bool HasToken, DateTimeOffset RegisteredAt)
{
    public static AppItem Of(App app, string url) => new(
        AppMeta.Version, app.Name, app.Meta.PrettyName, app.Meta.AppVersion, app.Meta.Icon, app.Meta.Homepage, app.Meta.UpstreamRepo,
        [.. app.Meta.Entrypoints.Select(entry => new EntrypointItem(entry.Container, entry.Port, entry.Protocol))],
        app.Meta.Rules.ToDictionary(rule => rule.Prefix, rule => new PathItem(rule.Access, rule.Headers)),
        app.Meta.Lifecycle, app.Meta.MinimumPortalSize, app.Meta.Permissions, app.Meta.Webhook, url, VisibilityItem.Of(app.Visibility), app.HasToken,
        app.RegisteredAt);
}
