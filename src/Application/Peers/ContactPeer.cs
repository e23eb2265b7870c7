using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Says that a peer may be due for contact. Stored with every change of its schedule, in the same transaction, and delivered when the
/// contact is due. The handler reads what to tell the peer from the contact, so an outdated message does nothing.
/// </summary>
public sealed record ContactPeer(PortalId Portal, ShortId Peer);

/// <summary>Says that any of a Portal's peers may be due for contact.</summary>
public sealed record ContactDuePeers(PortalId Portal);
