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

    public static RefusedException TextEmpty() => new(RefusalKind.Invalid, "peer_text_empty",
        "Paste the link or the ID that they gave you.");

    public static RefusedException TextUnreadable() => new(RefusalKind.Invalid, "peer_text_unreadable",
        "No Portal can be found in this text. Paste the link from their public page, the address of any of its pages, their ID, or their invite.");

    public static RefusedException TextEmail() => new(RefusalKind.Invalid, "peer_text_email",
        "This is an e-mail address. Ask them for the link to their Portal: it is on their public page, beside “Copy”.");

    public static RefusedException InviteIncomplete() => new(RefusalKind.Invalid, "invite_incomplete",
        "This invite is not complete. Copy the whole link once more, to its end.");

    public static RefusedException ComparedAnother() => new(RefusalKind.Conflict, "key_mismatch",
        "The numbers that you compared are not those of the key that is known now. Reload the page and compare them again.");

    public static RefusedException NoteTooLong() =>
        new(RefusalKind.Invalid, "note_invalid", $"A note has at most {Peer.MaxNote} characters.");

    public static RefusedException OfferUnknown() => new(RefusalKind.NotFound, "request_unknown", "There is no such peering request.");
}
