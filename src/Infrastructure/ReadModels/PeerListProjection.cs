using System.Diagnostics;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>peer_list</c>, key the short ID.</summary>
internal sealed class PeerListProjection() : Projection<PeerRow>("peer_list/1", "peer-")
{
    protected override PeerRow? Fold(PeerRow? row, Recorded e) => (PeerEvent)e.Data switch
    {
        PeerAdded added => (row ?? Begin(added.Typed, e)) with
        {
            Listed = true, Typed = added.Typed, Id = added.Id ?? row?.Id, Petname = added.Petname, Address = added.Address,
            Domain = added.Domain, Status = PeerStatus.Pending, AddedAt = e.At, ConfirmedAt = null,
        },
        PeerRenamed renamed => row! with { Petname = renamed.Petname },
        PeerAddressChanged moved => row! with { Address = moved.Address, Domain = moved.Domain },
        PeerKeyPinned pinned => row! with
        {
            Id = pinned.Id, Key = pinned.Key, ClaimedName = pinned.Name, Verified = pinned.Verification, PinnedAt = e.At,
        },
        PeerNameClaimed claimed => row! with { ClaimedName = claimed.Name },
        PeerProtocolSeen => row! with { Original = false },
        PeeringOffered offered => row! with { Original = offered.ToOriginal },
        PeeringConfirmed => row! with { Status = PeerStatus.Mutual, ConfirmedAt = e.At },
        PeeringWithdrawn => row! with { Status = PeerStatus.Withdrawn },
        PeerRemoved => Kept(row! with { Listed = false, Status = PeerStatus.Pending, ConfirmedAt = null }),
        PeerBlocked blocked => (row ?? Begin(TypedPortalId.Of(blocked.Id!.Value), e) with { Id = blocked.Id }) with { Blocked = true },
        PeerUnblocked => Kept(row! with { Blocked = false }),
        PeerIdentityForgotten forgotten => Kept(Begin(TypedPortalId.Of(forgotten.Id), e) with { Id = forgotten.Id, Blocked = row!.Blocked }),
        PeerIdentityRefused => row,
        _ => throw new UnreachableException(e.Data.GetType().Name),
    };

    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, PeerRow? row)
    {
        if (!ShortId.TryParse(key, out var id))
            throw new UnreachableException($"peer-{key}");

        return snapshot with { Peers = row is null ? snapshot.Peers.Remove(id) : snapshot.Peers.SetItem(id, row) };
    }

    private static PeerRow Begin(TypedPortalId typed, Recorded e) => new(
        typed.Short, Listed: false, typed, Id: null, Key: null, Petname: null, ClaimedName: null, Address: null, Domain: "",
        PeerStatus.Pending, Blocked: false, Original: false, Verified: null, e.At, ConfirmedAt: null);

    private static PeerRow? Kept(PeerRow row) => row is { Listed: false, Blocked: false, Key: null } ? null : row;
}
