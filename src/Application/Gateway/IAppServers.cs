using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Application.Gateway;

/// <summary>The place where an app listens.</summary>
/// <param name="Address"><c>host:port</c>.</param>
/// <param name="Secret">What tells the app that a request came through the core; see <see cref="ProxySecret"/>.</param>
public sealed record AppServer(string Address, string Secret);

/// <summary>The servers of apps, to which the gateway forwards requests.</summary>
public interface IAppServers
{
    /// <summary>
    /// Connections to all of them. A request fails with a <see cref="Domain.Common.RefusedException"/>: <c>app_unavailable</c> if nothing accepts a
    /// connection, <c>app_failed</c> if the answer is not valid HTTP or ends early.
    /// </summary>
    HttpMessageInvoker Connections { get; }

    /// <exception cref="Domain.Common.RefusedException"><c>app_unavailable</c>: it must not be served, as two apps name one container.</exception>
    ValueTask<AppServer> Find(PortalSnapshot portal, App app, CancellationToken ct);
}
