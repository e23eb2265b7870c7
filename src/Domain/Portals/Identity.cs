using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>The Portal's key, or null if the Portal does not exist. A Portal's key never changes: another key is another Portal.</summary>
public sealed record Identity(PublicKey? Key) : IAggregate<Identity, PortalEvent>
{
    public const string Stream = "portal";

    public static Identity Initial { get; } = new((PublicKey?)null);

    public static Identity Evolve(Identity identity, PortalEvent happened) => happened switch
    {
        PortalCreated e => new Identity(e.Key),
        ProfileChanged or AvatarChanged or InviteCreated or InviteUsed or InviteRevoked => identity,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<PortalEvent> Create(Identity identity, PublicKey key, string zone, string name) =>
        identity.Key is null ? [new PortalCreated(key.Id, key, zone, name)] : [];
}
