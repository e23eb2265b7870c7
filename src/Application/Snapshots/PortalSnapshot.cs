using System.Collections.Immutable;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// The state of one Portal at one moment, which the hot path reads. It is immutable; every change makes a new one. A verdict is made from one
/// snapshot only.
/// </summary>
public sealed record PortalSnapshot(Portal Portal)
{
    public ImmutableDictionary<ShortId, Peer> Peers { get; init; } = ImmutableDictionary<ShortId, Peer>.Empty;

    public ImmutableDictionary<string, App> Apps { get; init; } = ImmutableDictionary<string, App>.Empty;

    public CircleList Circles { get; init; } = CircleList.Empty;

    public ImmutableDictionary<string, Device> Devices { get; init; } = ImmutableDictionary<string, Device>.Empty;

    /// <summary>The recovery sheet that can be used, or null if there is none.</summary>
    public RecoverySheet? Recovery { get; init; }

    /// <summary>By <see cref="TokenHash"/>.</summary>
    public ImmutableDictionary<TokenHash, Credential> Credentials { get; init; } = ImmutableDictionary<TokenHash, Credential>.Empty;
}

/// <summary>The snapshots of the Portals that this process serves. They are at most a second behind the writes of another node.</summary>
public interface IPortalSnapshots
{
    IReadOnlyCollection<PortalSnapshot> All { get; }

    PortalSnapshot? Find(PortalId portal);

    /// <summary>Finds the Portal of a host: <c>{domain}</c> or <c>{app}.{domain}</c>.</summary>
    /// <param name="host">Lower case, no port.</param>
    PortalSnapshot? FindByHost(string host);

    /// <summary>Finds a credential of any kind and of any Portal here.</summary>
    (PortalSnapshot Portal, Credential Credential)? FindCredential(TokenHash hash);
}
