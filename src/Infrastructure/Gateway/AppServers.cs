using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Gateway;

/// <summary>
/// Looks up where an app listens. A Portal's answers are kept while its apps stay the same, and for a second at most, since another Portal's app may
/// claim the same container.
/// </summary>
internal sealed class AppServers(
    RegistryOptions options, IPortalSnapshots snapshots, IProxySecrets secrets, AppConnections connections, IServiceScopeFactory scopes, TimeProvider clock)
    : IAppServers
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(1);

    private readonly ConditionalWeakTable<ImmutableDictionary<string, App>, Known> known = [];
    private PortalId? defaultPortal;

    public HttpMessageInvoker Connections => connections.Invoker;

    public async ValueTask<AppServer> Find(PortalSnapshot portal, App app, CancellationToken ct)
    {
        if (known.TryGetValue(portal.Apps, out var fresh) && clock.GetElapsedTime(fresh.At) < Kept)
            return fresh.Find(portal, app, secrets);

        var upstreams = new AppUpstreams(snapshots.All, await DefaultPortal(portal, ct), options);
        var found = new Known(upstreams, clock.GetTimestamp());
        known.AddOrUpdate(portal.Apps, found);
        return found.Find(portal, app, secrets);
    }

    private async ValueTask<PortalId> DefaultPortal(PortalSnapshot only, CancellationToken ct)
    {
        if (snapshots.All.Count == 1)
            return only.Portal.Id;
        if (defaultPortal is { } first)
            return first;

        await using var scope = scopes.CreateAsyncScope();
        first = (await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new FindDefaultPortal(), ct)).Portal.Id;
        defaultPortal = first; // the oldest, which never changes
        return first;
    }

    private sealed record Known(AppUpstreams Upstreams, long At)
    {
        private readonly ConcurrentDictionary<string, AppServer> servers = new();

        public AppServer Find(PortalSnapshot portal, App app, IProxySecrets secrets) =>
            servers.TryGetValue(app.Name, out var ready) ? ready : servers.GetOrAdd(app.Name, Make(portal, app, secrets));

        private AppServer Make(PortalSnapshot portal, App app, IProxySecrets secrets)
        {
            var (address, fault) = Upstreams.Find(portal, app);
            return address is null
                ? throw new RefusedException(RefusalKind.Unavailable, AppConnections.Unavailable, $"This app is not served: {fault}")
                : new AppServer(address, secrets.Of(portal.Portal.Id, app));
        }
    }
}
