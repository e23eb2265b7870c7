using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

public static class PeerRefusals
{
    public static RefusedException Unknown() => new(RefusalKind.NotFound, "peer_unknown", "There is no such peer.");

    public static RefusedException IsSelf() => new(RefusalKind.Conflict, "peer_is_self", "This is the ID of this Portal itself.");

    public static RefusedException ShortIdTaken(ShortId id) => new(RefusalKind.Conflict, "peer_short_id_taken",
        $"Another identity that begins with {id} is already known here. Forget it first if this one is to take its place.");

    public static RefusedException DomainMismatch(ShortId id) => new(RefusalKind.Invalid, "domain_mismatch",
        $"The domain of this peer is a DNS name that begins with {id} and a dot.");

    public static RefusedException OfferUnknown() => new(RefusalKind.NotFound, "request_unknown", "There is no such peering request.");
}
