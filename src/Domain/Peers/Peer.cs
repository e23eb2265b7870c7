using System.Collections.Immutable;
using System.Diagnostics;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>The relation to one other Portal, identified by the first six characters of its ID.</summary>
public sealed record Peer : IAggregate<Peer, PeerEvent>
{
    public static Peer Initial { get; } = new();

    private const int RefusalsPerDay = 10;
    private const int NamesPerDay = 10;

    public bool Listed { get; private init; }

    public TypedPortalId? Typed { get; private init; }

    public PortalId? Id { get; private init; }

    public PublicKey? Key { get; private init; }

    public PeerVerification Verification { get; private init; }

    public string? Petname { get; private init; }

    public string? ClaimedName { get; private init; }

    public string? Address { get; private init; }

    public string Domain { get; private init; } = "";

    public PeerStatus Status { get; private init; }

    public bool Blocked { get; private init; }

    public bool Offered { get; private init; }

    /// <summary>Whether the peer has made a signature that the original core cannot make.</summary>
    public bool SpeaksOurs { get; private init; }

    public bool Original { get; private init; }

    /// <summary>Whether the peer may run the original core, as far as is known.</summary>
    public bool MayBeOriginal => Key is { Kind: KeyKind.Rsa } && !SpeaksOurs;

    /// <summary>The identities that were refused on the last day on which one was.</summary>
    private (DateOnly Day, ImmutableHashSet<PortalId> Ids) Refused { get; init; } = (default, []);

    /// <summary>How many names the peer claimed on the last day on which it claimed one.</summary>
    private (DateOnly Day, int Count) Names { get; init; }

    public static string Stream(ShortId id) => $"peer-{id}";

    public static Peer Evolve(Peer peer, PeerEvent happened) => happened switch
    {
        PeerAdded e => peer with
        {
            Listed = true, Typed = e.Typed, Id = e.Id ?? peer.Id, Petname = e.Petname, Address = e.Address, Domain = e.Domain,
            Verification = peer.Key is null ? e.Verification : peer.Verification, Status = PeerStatus.Pending, Offered = false,
        },
        PeerRenamed e => peer with { Petname = e.Petname },
        PeerAddressChanged e => peer with { Address = e.Address, Domain = e.Domain },
        PeerKeyPinned e => peer with { Id = e.Id, Key = e.Key, ClaimedName = e.Name, Verification = e.Verification, SpeaksOurs = e.Signed },
        PeerIdentityRefused e => peer with { Refused = (e.Day, peer.Refused.Day == e.Day ? peer.Refused.Ids.Add(e.Answered) : [e.Answered]) },
        PeerProtocolSeen => peer with { SpeaksOurs = true, Original = false },
        PeerNameClaimed { Day: { } day } e => peer with { ClaimedName = e.Name, Names = (day, peer.Names.Day == day ? peer.Names.Count + 1 : 1) },
        PeerNameClaimed e => peer with { ClaimedName = e.Name },
        PeeringOffered e => peer with { Offered = true, Original = e.ToOriginal },
        PeeringConfirmed => peer with { Status = PeerStatus.Mutual },
        PeeringWithdrawn => peer with { Status = PeerStatus.Withdrawn },
        PeerRemoved when peer is { Key: null, Blocked: false } => Initial,
        PeerRemoved => peer with { Listed = false, Status = PeerStatus.Pending, Offered = false },
        PeerBlocked e => peer with { Blocked = true, Id = e.Id ?? peer.Id },
        PeerUnblocked when peer is { Key: null, Listed: false } => Initial,
        PeerUnblocked => peer with { Blocked = false },
        PeerIdentityForgotten e => Initial with { Blocked = peer.Blocked, Id = peer.Blocked ? e.Id : null },
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    /// <param name="domain">The host of the address if one was given, otherwise the peer's name in our zone.</param>
    /// <returns>No event if the peer is already listed under a matching ID.</returns>
    /// <exception cref="Common.RefusedException"><c>peer_is_self</c>; <c>peer_short_id_taken</c></exception>
    public static IReadOnlyList<PeerEvent> Add(
        Peer peer, PortalId self, TypedPortalId typed, PeerVerification verification, string? petname, string? address, string domain)
    {
        if (typed.Matches(self))
            throw PeerRefusals.IsSelf();
        if (typed.Short == self.Short || !peer.MayBe(typed))
            throw PeerRefusals.ShortIdTaken(typed.Short);
        if (peer.Listed && (peer.Key is not null || typed.Value.Length <= peer.Typed!.Value.Value.Length))
            return [];

        PortalId? id = PortalId.TryParse(typed.Value, out var full) ? full : peer.Key?.Id;
        return [new PeerAdded(id, typed, petname, address, domain, verification)];
    }

    public static IReadOnlyList<PeerEvent> Rename(Peer peer, string? petname) =>
        peer.RequireListed().Petname == petname ? [] : [new PeerRenamed(peer.Id, petname)];

    public static IReadOnlyList<PeerEvent> ChangeAddress(Peer peer, string? address, string domain) =>
        peer.RequireListed().Address == address && peer.Domain == domain ? [] : [new PeerAddressChanged(peer.Id, address, domain)];

    /// <summary>Records that our own request was answered with this key, by a response whose ID and domain match it.</summary>
    public static IReadOnlyList<PeerEvent> Met(Peer peer, PublicKey key, string? name, bool signed, DateOnly today) => peer switch
    {
        { Listed: false } => [],
        { Key: null } when peer.Typed!.Value.Matches(key.Id) => [new PeerKeyPinned(key.Id, key, name, peer.Verification, signed)],
        { Key: var pinned } when pinned == key =>
        [
            .. signed && !peer.SpeaksOurs ? [new PeerProtocolSeen(key.Id)] : (PeerEvent[])[],
            .. peer.NewName(key, name, today),
        ],
        { Refused: var (day, ids) } when day == today && (ids.Contains(key.Id) || ids.Count == RefusalsPerDay) => [],
        _ => [new PeerIdentityRefused(peer.Id, key.Id, today)],
    };

    /// <summary>Pins the key of a peer that used an invite of ours: the key that signed its notice.</summary>
    public static IReadOnlyList<PeerEvent> Welcome(Peer peer, PublicKey key, string? name) =>
        peer is { Listed: true, Key: null } ? [new PeerKeyPinned(key.Id, key, name, peer.Verification, Signed: true)] : [];

    /// <summary>
    /// Records that the peer has this Portal in its list, too. The peer shows it by its notice, by its answer to ours or, if it runs the
    /// original core, by its first signed call.
    /// </summary>
    public static IReadOnlyList<PeerEvent> Confirm(Peer peer, PublicKey key) =>
        peer.Answers(key) && peer.Status != PeerStatus.Mutual ? [new PeeringConfirmed(key.Id)] : [];

    public static IReadOnlyList<PeerEvent> Withdraw(Peer peer, PublicKey key) =>
        peer.Answers(key) && peer.Status == PeerStatus.Mutual ? [new PeeringWithdrawn(key.Id)] : [];

    /// <summary>Records that a signature of the peer was verified that the original core does not make.</summary>
    public static IReadOnlyList<PeerEvent> SeeProtocol(Peer peer, PublicKey key) =>
        peer.Key == key && !peer.SpeaksOurs ? [new PeerProtocolSeen(key.Id)] : [];

    /// <summary>
    /// Records the name that the peer gives itself, at most ten times a day, so that a peer cannot grow the history without limit.
    /// Further names on the same day are skipped; the next contact on another day records the current one.
    /// </summary>
    public static IReadOnlyList<PeerEvent> ClaimName(Peer peer, PublicKey key, string? name, DateOnly today) =>
        peer.Answers(key) ? peer.NewName(key, name, today) : [];

    public static IReadOnlyList<PeerEvent> Offer(Peer peer, PublicKey key, bool toOriginal) =>
        peer.Answers(key) && (!peer.Offered || (toOriginal && peer is { Original: false, MayBeOriginal: true }))
            ? [new PeeringOffered(key.Id, toOriginal && peer.MayBeOriginal)]
            : [];

    /// <param name="forget">Whether to drop the pinned key, too. This also works for a peer that was removed before.</param>
    /// <exception cref="Common.RefusedException"><c>peer_unknown</c></exception>
    public static IReadOnlyList<PeerEvent> Remove(Peer peer, bool forget)
    {
        if (!peer.Listed && !(forget && peer.Key is not null))
            throw PeerRefusals.Unknown();

        return
        [
            .. peer.Listed ? [new PeerRemoved(peer.Id)] : (PeerEvent[])[],
            .. forget && peer.Key is { } key ? [new PeerIdentityForgotten(key.Id)] : (PeerEvent[])[],
        ];
    }

    public static IReadOnlyList<PeerEvent> Block(Peer peer) => peer.RequireKnown().Blocked ? [] : [new PeerBlocked(peer.Id)];

    /// <summary>Blocks a Portal that is not in the contact list and has only sent a peering request.</summary>
    /// <exception cref="Common.RefusedException"><c>peer_short_id_taken</c></exception>
    public static IReadOnlyList<PeerEvent> BlockStranger(Peer peer, PortalId stranger) => peer switch
    {
        _ when !peer.MayBe(TypedPortalId.Of(stranger)) => throw PeerRefusals.ShortIdTaken(stranger.Short),
        { Blocked: true } => [],
        _ => [new PeerBlocked(stranger)],
    };

    public static IReadOnlyList<PeerEvent> Unblock(Peer peer) => peer.RequireKnown().Blocked ? [new PeerUnblocked(peer.Id)] : [];

    /// <summary>Whether the peer is listed, not blocked, and has this pinned key.</summary>
    public bool Answers(PublicKey key) => Listed && !Blocked && Key == key;

    /// <summary>Whether the typed ID can denote this peer, as far as the peer's ID is known.</summary>
    public bool MayBe(TypedPortalId typed) => this switch
    {
        { Id: { } id } => typed.Matches(id),
        { Typed: { } known } => known.Value.StartsWith(typed.Value, StringComparison.Ordinal) || typed.Value.StartsWith(known.Value, StringComparison.Ordinal),
        _ => true,
    };

    private IReadOnlyList<PeerEvent> NewName(PublicKey key, string? name, DateOnly today) =>
        name == ClaimedName || (Names.Day == today && Names.Count >= NamesPerDay) ? [] : [new PeerNameClaimed(key.Id, name, today)];

    private Peer RequireListed() => Listed ? this : throw PeerRefusals.Unknown();

    private Peer RequireKnown() => Listed || Blocked || Key is not null ? this : throw PeerRefusals.Unknown();
}
