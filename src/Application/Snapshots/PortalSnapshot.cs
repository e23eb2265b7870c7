using System.Collections.Immutable;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// One Portal as of one moment: what the hot path reads. Never changes; a change makes a new one. A verdict takes everything
/// from the same snapshot.
/// </summary>
public sealed record PortalSnapshot(PortalRow Portal)
{
    public ImmutableDictionary<ShortId, PeerRow> Peers { get; init; } = ImmutableDictionary<ShortId, PeerRow>.Empty;

    public ImmutableDictionary<string, AppRow> Apps { get; init; } = ImmutableDictionary<string, AppRow>.Empty;

    public ImmutableDictionary<string, DeviceRow> Devices { get; init; } = ImmutableDictionary<string, DeviceRow>.Empty;

    /// <summary>By <see cref="TokenHash"/>.</summary>
    public ImmutableDictionary<TokenHash, Credential> Credentials { get; init; } = ImmutableDictionary<TokenHash, Credential>.Empty;
}

/// <summary>The snapshots of the Portals that this process serves; never more than a second behind another node's writes.</summary>
public interface IPortalSnapshots
{
    IReadOnlyCollection<PortalSnapshot> All { get; }

    PortalSnapshot? Find(PortalId portal);

    /// <summary>Of the Portal whose domain this is, or is a parent of: <c>{domain}</c> and <c>{app}.{domain}</c>.</summary>
    /// <param name="host">Lower case, no port.</param>
    PortalSnapshot? FindByHost(string host);

    /// <summary>Of any Portal here, of whatever kind.</summary>
    (PortalSnapshot Portal, Credential Credential)? FindCredential(TokenHash hash);
}
