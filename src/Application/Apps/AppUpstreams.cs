using System.Data.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>One app of one Portal.</summary>
public readonly record struct AppPlace(PortalId Portal, string App);

/// <param name="Address"><c>host:port</c>, or null if the app must not be served.</param>
/// <param name="Fault">The reason in one sentence, or null if the app may be served.</param>
public readonly record struct AppUpstream(string? Address, string? Fault);

/// <summary>
/// The addresses at which the apps of all Portals of this registry listen. The operator's setting (<c>Apps:Upstreams</c>) comes first, then the app's
/// description, then the container with the name of the app, port 80. A container belongs to one app: what a second app opens on
/// it would bypass the first one's access rules. Registration refuses that. If two apps name one container nevertheless (registered
/// at the same instant, or by an earlier release), neither is served until one of them changes.
/// </summary>
/// <param name="defaultPortal">The Portal whose apps the operator names without a short ID.</param>
public sealed class AppUpstreams(IReadOnlyCollection<PortalSnapshot> portals, PortalId defaultPortal, RegistryOptions options)
{
    private const int ImpliedPort = 80;

    /// <summary>The keywords of a connection string for the database's host.</summary>
    private static readonly string[] HostKeys = ["Host", "Server"];

    private readonly ILookup<string, AppPlace> holders = Holders(portals, defaultPortal, options).ToLookup(
        held => held.Container, held => held.By, StringComparer.OrdinalIgnoreCase);

    public AppUpstream Find(PortalSnapshot portal, App app)
    {
        var place = new AppPlace(portal.Portal.Id, app.Name);
        if (ByOperator(place, defaultPortal, options) is { } set)
            return new(set, null);

        var (container, port) = Described(app.Meta);
        if (!ContainerName.IsValid(container) || IsCores(container))
            return new(null, $"{container} is not a container of an app.");
        return holders[container].Any(other => other != place)
            ? new(null, $"another app has the container {container}, too. Name another container, or set Apps__Upstreams__{app.Name}.")
            : new($"{container}:{port}", null);
    }

    /// <exception cref="RefusedException"><c>app_meta_invalid</c>: the container is the core itself; <c>container_taken</c>: another app has it.</exception>
    public void Check(AppPlace place, AppMeta meta)
    {
        foreach (var container in meta.Entrypoints.Select(entry => entry.Container))
        {
            if (IsCores(container))
                throw AppMeta.Refuse($"$.entrypoints: {container} is the core's own name.");
            if (holders[container].Any(other => other != place))
            {
                throw new RefusedException(RefusalKind.Conflict, "container_taken",
                    $"Another app has the container {container}. Each container belongs to one app.");
            }
        }
    }

    private static IEnumerable<(string Container, AppPlace By)> Holders(
        IReadOnlyCollection<PortalSnapshot> portals, PortalId defaultPortal, RegistryOptions options)
    {
        foreach (var portal in portals)
        {
            foreach (var app in portal.Apps.Values)
            {
                var place = new AppPlace(portal.Portal.Id, app.Name);
                foreach (var entry in app.Meta.Entrypoints)
                    yield return (entry.Container, place);
                if (ByOperator(place, defaultPortal, options) is { } set)
                    yield return (HostOf(set), place);
                else
                    yield return (Described(app.Meta).Container, place);
            }
        }

        // Containers that the operator keeps for apps that are not registered yet.
        foreach (var (key, address) in options.Apps.Upstreams)
        {
            var (name, shortId) = key.Split('.') is [var app, var id] ? (app, id) : (key, defaultPortal.Short.Value);
            if (portals.FirstOrDefault(portal => portal.Portal.Id.Short.Value == shortId) is { } portal)
                yield return (HostOf(address), new AppPlace(portal.Portal.Id, name));
        }
    }

    private static string? ByOperator(AppPlace place, PortalId defaultPortal, RegistryOptions options) =>
        options.Apps.Upstreams.GetValueOrDefault($"{place.App}.{place.Portal.Short}")
        ?? (place.Portal == defaultPortal ? options.Apps.Upstreams.GetValueOrDefault(place.App) : null);

    private static (string Container, int Port) Described(AppMeta meta) =>
        meta.Entrypoints.FirstOrDefault(entry => entry.Protocol == "http") is { } first ? (first.Container, first.Port) : (meta.Name, ImpliedPort);

    /// <summary>The names by which the proxy reaches the core, and the core its database.</summary>
    private bool IsCores(string container)
    {
        var database = new DbConnectionStringBuilder { ConnectionString = options.ConnectionStrings.Registry };
        string?[] own =
        [
            HostOf(options.Proxy.Edge), HostOf(options.Proxy.Internal), Environment.MachineName,
            .. HostKeys.SelectMany(key => database.TryGetValue(key, out var hosts) ? $"{hosts}".Split(',', ':') : []),
        ];
        return own.Contains(container, StringComparer.OrdinalIgnoreCase);
    }

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(address))]
    private static string? HostOf(string? address) => address?[..address.LastIndexOf(':')];
}
