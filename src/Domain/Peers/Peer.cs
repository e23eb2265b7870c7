using System.Collections.Immutable;
using System.Diagnostics;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// The relation to one other Portal, identified by the first six characters of its ID: a contact, a blocked Portal, or the pinned key of a removed
/// contact. A peer with none of these does not exist.
/// </summary>
public sealed record Peer : IAggregate<Peer, PeerEvent>
{
    private const int RefusalsPerDay = 10;
    private const int NamesPerDay = 10;
    private const int MovesPerDay = 10;

    /// <summary>In UTF-16 code units.</summary>
    public const int MaxNote = 1000;

    /// <summary>The ID as the owner typed it, 6 to 103 characters.</summary>
    public required TypedPortalId Typed { get; init; }

    public ShortId Short => Typed.Short;

    /// <summary>Whether the peer is in the contact list.</summary>
    public bool Listed { get; init; }

    /// <summary>The full ID, or null if it is not known yet.</summary>
    public PortalId? Id { get; init; }

    /// <summary>The pinned key, or null before first contact.</summary>
    public PublicKey? Key { get; init; }

    /// <summary>How the key was verified, or will be at first contact.</summary>
    public PeerVerification Verification { get; init; }

    /// <summary>Null before first contact.</summary>
    public PeerVerification? Verified => Key is null ? null : Verification;

    /// <summary>The owner's own name for the peer.</summary>
    public string? Petname { get; init; }

    /// <summary>The name that the peer gives itself.</summary>
    public string? ClaimedName { get; init; }

    /// <summary>
    /// The owner's circles that the peer is in. Some of them may have been removed since. They stay with a removed peer until it is forgotten.
    /// </summary>
    public CircleSet Circles { get; init; } = CircleSet.Empty;

    /// <summary>What the owner wrote down about the peer, in lines, or null.</summary>
    public string? Note { get; init; }

    /// <summary>The domain that the owner gave, or null for the peer's name in our own zone.</summary>
    public string? Address { get; init; }

    /// <summary>The host at which the peer is contacted: its address, or <c>{short id}.{our zone}</c> if it has none.</summary>
    public string Domain { get; init; } = "";

    public PeerStatus Status { get; init; }

    public bool Blocked { get; init; }

    /// <summary>Whether the peer has answered that it keeps our offer.</summary>
    public bool Offered { get; init; }

    /// <summary>Whether the peer has made a signature that the original core cannot make.</summary>
    public bool SpeaksOurs { get; init; }

    /// <summary>Whether the peer runs the original core, which lacks parts of the protocol.</summary>
    public bool Original { get; init; }

    public DateTimeOffset AddedAt { get; init; }

    public DateTimeOffset? ConfirmedAt { get; init; }

    /// <summary>When the key was pinned. A visibility that was chosen earlier was meant for another peer.</summary>
    public DateTimeOffset? PinnedAt { get; init; }

    /// <summary>The identities that were refused on the last day on which one was.</summary>
    public RefusedIdentities Refused { get; init; } = new(default, []);

    /// <summary>How many names the peer claimed on the last day on which it claimed one.</summary>
    public DailyCount Names { get; init; } = new(default, 0);

    /// <summary>How often the peer moved on the last day on which it did.</summary>
    public DailyCount Moves { get; init; } = new(default, 0);

    public string Name => Petname ?? ClaimedName ?? Short.Value;

    /// <summary>Whether calls are allowed in both directions.</summary>
    public bool IsMutual => Listed && !Blocked && Key is not null && Status == PeerStatus.Mutual;

    /// <summary>
    /// Whether our apps may call the peer. It is mutual, or an original, which cannot confirm the peering before its own first call.
    /// </summary>
    public bool MayBeCalled => IsMutual || (Original && Listed && !Blocked && Key is not null);

    /// <summary>Whether the peer may run the original core, as far as is known.</summary>
    public bool MayBeOriginal => Key is { Kind: KeyKind.Rsa } && !SpeaksOurs;

    /// <summary>Whether the peer can verify what a Portal with such a key signs. The original core knows only RSA.</summary>
    public bool Understands(KeyKind kind) => !Original || kind == KeyKind.Rsa;

    public static string Stream(ShortId id) => $"peer-{id}";

    public static Peer? Evolve(Peer? peer, PeerEvent happened, DateTimeOffset at) => happened switch
    {
        PeerAdded e => (peer ?? new Peer { Typed = e.Typed }) with
        {
            Listed = true, Typed = e.Typed, Id = e.Id ?? peer?.Id, Petname = e.Petname, Address = e.Address, Domain = e.Domain,
            Verification = peer?.Verified ?? e.Verification, Status = PeerStatus.Pending, Offered = false, AddedAt = at, ConfirmedAt = null,
        },
        PeerRenamed e => peer! with { Petname = e.Petname },
        PeerCirclesSet e => peer! with { Circles = e.Circles },
        PeerAddressChanged e => peer! with { Address = e.Address, Domain = e.Domain },
        PeerMoved e => peer! with { Address = e.Address, Domain = e.Domain, Moves = peer.Moves.OneMore(e.Day) },
        PeerKeyPinned e => peer! with
        {
            Id = e.Id, Key = e.Key, ClaimedName = e.Name, Verification = e.Verification, SpeaksOurs = e.Signed, PinnedAt = at,
        },
        PeerVerified => peer! with { Verification = PeerVerification.Compared },
        PeerIdentityRefused e => peer! with { Refused = peer.Refused.With(e.Answered, e.Day) },
        PeerProtocolSeen => peer! with { SpeaksOurs = true, Original = false },
        PeerNameClaimed { Day: { } day } e => peer! with { ClaimedName = e.Name, Names = peer.Names.OneMore(day) },
        PeerNameClaimed e => peer! with { ClaimedName = e.Name },
        PeeringOffered e => peer! with { Offered = true, Original = e.ToOriginal },
        PeeringConfirmed => peer! with { Status = PeerStatus.Mutual, ConfirmedAt = at },
        PeeringWithdrawn => peer! with { Status = PeerStatus.Withdrawn },
        PeerRemoved => Kept(peer! with { Listed = false, Status = PeerStatus.Pending, Offered = false, ConfirmedAt = null }),
        PeerBlocked e => (peer ?? new Peer { Typed = TypedPortalId.Of(e.Id!.Value), AddedAt = at }) with { Blocked = true, Id = e.Id ?? peer?.Id },
        PeerUnblocked => Kept(peer! with { Blocked = false }),
        PeerNoted e => peer! with { Note = e.Note },
        PeerIdentityForgotten e => Kept(new Peer { Typed = TypedPortalId.Of(e.Id), Id = e.Id, Blocked = peer!.Blocked, AddedAt = at }),
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    /// <param name="domain">The host of the address if one was given, otherwise the peer's name in our zone.</param>
    /// <returns>No event if the peer is already listed under a matching ID.</returns>
    /// <exception cref="Common.RefusedException"><c>peer_is_self</c>; <c>peer_short_id_taken</c></exception>
    public static IReadOnlyList<PeerEvent> Add(
        Peer? peer, PortalId self, TypedPortalId typed, PeerVerification verification, string? petname, string? address, string domain)
    {
        if (typed.Matches(self))
            throw PeerRefusals.IsSelf();
        if (typed.Short == self.Short || peer?.MayBe(typed) is false)
            throw PeerRefusals.ShortIdTaken(typed.Short);
        if (peer is { Listed: true } && (peer.Key is not null || typed.Value.Length <= peer.Typed.Value.Length))
            return [];

        PortalId? id = PortalId.TryParse(typed.Value, out var full) ? full : peer?.Key?.Id;
        return [new PeerAdded(id, typed, petname, address, domain, verification)];
    }

    public static IReadOnlyList<PeerEvent> Rename(Peer? peer, string? petname) =>
        RequireListed(peer).Petname == petname ? [] : [new PeerRenamed(peer!.Id, petname)];

    public static IReadOnlyList<PeerEvent> SetCircles(Peer? peer, CircleSet circles) =>
        RequireListed(peer).Circles.Equals(circles) ? [] : [new PeerCirclesSet(peer!.Id, circles)];

    /// <param name="note">Null, or nothing but blanks, deletes the note.</param>
    /// <exception cref="Common.RefusedException"><c>peer_unknown</c>; <c>note_invalid</c></exception>
    public static IReadOnlyList<PeerEvent> TakeNote(Peer? peer, string? note)
    {
        var listed = RequireListed(peer);
        var lines = note?.ReplaceLineEndings("\n");
        if (lines is { Length: > MaxNote })
            throw PeerRefusals.NoteTooLong();

        var clean = DisplayName.ClaimedText(lines, MaxNote, lines: true);
        return clean == listed.Note ? [] : [new PeerNoted(listed.Id, clean)];
    }

    /// <param name="address">Null if the domain is the peer's name in our zone.</param>
    public static IReadOnlyList<PeerEvent> ChangeAddress(Peer? peer, string? address, string domain) =>
        RequireListed(peer).Domain == domain ? [] : [new PeerAddressChanged(peer!.Id, address, domain)];

    /// <summary>
    /// Records that our own request to another address was answered with the pinned key, after the peer had said that it is there. Only that key can
    /// move a peer.
    /// </summary>
    public static IReadOnlyList<PeerEvent> Move(Peer? peer, PublicKey key, string? address, string domain, DateOnly today) =>
        peer is not { Listed: true } || peer.Key != key || peer.Domain == domain || (peer.Moves.Day == today && peer.Moves.Count >= MovesPerDay)
            ? []
            : [new PeerMoved(key.Id, address, domain, today)];

    /// <summary>Records that our own request was answered with this key, by a response whose ID and domain match it.</summary>
    public static IReadOnlyList<PeerEvent> Met(Peer? peer, PublicKey key, string? name, bool signed, DateOnly today) => peer switch
    {
        null or { Listed: false } => [],
        { Key: null } when peer.Typed.Matches(key.Id) => [new PeerKeyPinned(key.Id, key, name, peer.Verification, signed)],
        { Key: var pinned } when pinned == key =>
        [
            .. signed && !peer.SpeaksOurs ? [new PeerProtocolSeen(key.Id)] : (PeerEvent[])[],
            .. peer.NewName(key, name, today),
        ],
        { Refused: var (day, ids) } when day == today && (ids.Contains(key.Id) || ids.Count == RefusalsPerDay) => [],
        _ => [new PeerIdentityRefused(peer.Id, key.Id, today)],
    };

    /// <summary>Pins the key of a peer that used an invite of ours: the key that signed its notice.</summary>
    public static IReadOnlyList<PeerEvent> Welcome(Peer? peer, PublicKey key, string? name) =>
        peer is { Listed: true, Key: null } ? [new PeerKeyPinned(key.Id, key, name, peer.Verification, Signed: true)] : [];

    /// <summary>Records that the owner has compared both IDs with the peer's owner. It counts for as long as the pinned key is kept.</summary>
    /// <param name="compared">The ID that was compared.</param>
    /// <exception cref="Common.RefusedException"><c>peer_unknown</c>; <c>key_mismatch</c>: the pinned key is not that of this ID</exception>
    public static IReadOnlyList<PeerEvent> Verify(Peer? peer, PortalId compared) => RequireListed(peer) switch
    {
        { Key: { } key } when key.Id != compared => throw PeerRefusals.ComparedAnother(),
        { Key: null } => throw PeerRefusals.ComparedAnother(),
        { Verification: PeerVerification.Compared } => [],
        _ => [new PeerVerified(compared)],
    };

    /// <summary>
    /// Records that the peer has this Portal in its list, too. The peer shows it by its notice, by its answer to ours or, if it runs the
    /// original core, by its first signed call.
    /// </summary>
    public static IReadOnlyList<PeerEvent> Confirm(Peer? peer, PublicKey key) =>
        peer?.Answers(key) is true && peer.Status != PeerStatus.Mutual ? [new PeeringConfirmed(key.Id)] : [];

    public static IReadOnlyList<PeerEvent> Withdraw(Peer? peer, PublicKey key) =>
        peer?.Answers(key) is true && peer.Status == PeerStatus.Mutual ? [new PeeringWithdrawn(key.Id)] : [];

    /// <summary>Records that a signature of the peer was verified that the original core does not make.</summary>
    public static IReadOnlyList<PeerEvent> SeeProtocol(Peer? peer, PublicKey key) =>
        peer?.Key == key && !peer.SpeaksOurs ? [new PeerProtocolSeen(key.Id)] : [];

    /// <summary>
    /// Records the name that the peer gives itself, at most ten times a day, so that a peer cannot grow the history without limit.
    /// Further names on the same day are skipped; the next contact on another day records the current one.
    /// </summary>
    public static IReadOnlyList<PeerEvent> ClaimName(Peer? peer, PublicKey key, string? name, DateOnly today) =>
        peer?.Answers(key) is true ? peer.NewName(key, name, today) : [];

    public static IReadOnlyList<PeerEvent> Offer(Peer? peer, PublicKey key, bool toOriginal) =>
        peer?.Answers(key) is true && (!peer.Offered || (toOriginal && peer is { Original: false, MayBeOriginal: true }))
            ? [new PeeringOffered(key.Id, toOriginal && peer.MayBeOriginal)]
            : [];

    /// <param name="forget">Whether to drop the pinned key, too. This also works for a peer that was removed before.</param>
    /// <exception cref="Common.RefusedException"><c>peer_unknown</c></exception>
    public static IReadOnlyList<PeerEvent> Remove(Peer? peer, bool forget)
    {
        if (peer is null || (!peer.Listed && !(forget && peer.Key is not null)))
            throw PeerRefusals.Unknown();

        return
        [
            .. peer.Listed ? [new PeerRemoved(peer.Id)] : (PeerEvent[])[],
            .. forget && peer.Key is { } key ? [new PeerIdentityForgotten(key.Id)] : (PeerEvent[])[],
        ];
    }

    public static IReadOnlyList<PeerEvent> Block(Peer? peer) => RequireKnown(peer).Blocked ? [] : [new PeerBlocked(peer!.Id)];

    /// <summary>Blocks a Portal that is not in the contact list and has only sent a peering request.</summary>
    /// <exception cref="Common.RefusedException"><c>peer_short_id_taken</c></exception>
    public static IReadOnlyList<PeerEvent> BlockStranger(Peer? peer, PortalId stranger) => peer switch
    {
        { } known when !known.MayBe(TypedPortalId.Of(stranger)) => throw PeerRefusals.ShortIdTaken(stranger.Short),
        { Blocked: true } => [],
        _ => [new PeerBlocked(stranger)],
    };

    public static IReadOnlyList<PeerEvent> Unblock(Peer? peer) => RequireKnown(peer).Blocked ? [new PeerUnblocked(peer!.Id)] : [];

    /// <summary>Whether the peer is listed, not blocked, and has this pinned key.</summary>
    public bool Answers(PublicKey key) => Listed && !Blocked && Key == key;

    /// <summary>Whether the typed ID can denote this peer: the short ID, or a longer one that contradicts nothing that is known.</summary>
    public bool MayBe(TypedPortalId typed) => Id is { } id
        ? typed.Matches(id)
        : Typed.Value.StartsWith(typed.Value, StringComparison.Ordinal) || typed.Value.StartsWith(Typed.Value, StringComparison.Ordinal);

    private IReadOnlyList<PeerEvent> NewName(PublicKey key, string? name, DateOnly today) =>
        name == ClaimedName || (Names.Day == today && Names.Count >= NamesPerDay) ? [] : [new PeerNameClaimed(key.Id, name, today)];

    private static Peer RequireListed(Peer? peer) => peer is { Listed: true } ? peer : throw PeerRefusals.Unknown();

    private static Peer RequireKnown(Peer? peer) => peer ?? throw PeerRefusals.Unknown();

    private static Peer? Kept(Peer peer) => peer is { Listed: false, Blocked: false, Key: null } ? null : peer;
}

/// <param name="Day">UTC.</param>
public sealed record RefusedIdentities(DateOnly Day, ImmutableHashSet<PortalId> Ids)
{
    public RefusedIdentities With(PortalId id, DateOnly day) => new(day, Day == day ? Ids.Add(id) : [id]);
}

/// <param name="Day">UTC.</param>
/// <param name="Count">How often it happened on that day; days before are not counted.</param>
public sealed record DailyCount(DateOnly Day, int Count)
{
    public DailyCount OneMore(DateOnly day) => new(day, Day == day ? Count + 1 : 1);
}
