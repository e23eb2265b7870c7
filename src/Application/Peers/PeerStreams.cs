using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>How the use cases of this feature reach their stream.</summary>
internal static class PeerStreams
{
    public static string Name(ShortId peer) => $"peer-{peer}";

    public static async Task<Peer> Load(this IEventStore store, PortalId portal, ShortId peer, CancellationToken ct) =>
        (await store.ReadStream(portal, Name(peer), default, ct)).Aggregate(Peer.Initial, (state, e) => Peer.Evolve(state, (PeerEvent)e.Data));

    public static Task<long> Execute(
        this Decisions decisions,
        PortalId portal,
        ShortId peer,
        Func<Peer, IReadOnlyList<PeerEvent>> decide,
        CancellationToken ct,
        Func<IReadOnlyList<PeerEvent>, IReadOnlyList<IAlongside>>? alongside = null) =>
        decisions.Execute(portal, Name(peer), Peer.Initial, Peer.Evolve, decide, alongside, ct);

    /// <summary>Reschedules the peer's contact in the transaction that records the events.</summary>
    /// <param name="reschedule">Pure; called again if another writer was first. Null: the contact stays as it is.</param>
    public static Task<long> Execute(
        this Decisions decisions,
        IPeerContacts contacts,
        PortalId portal,
        ShortId peer,
        Func<Peer, IReadOnlyList<PeerEvent>> decide,
        Func<IReadOnlyList<PeerEvent>, Contact, Contact?> reschedule,
        CancellationToken ct,
        Func<IReadOnlyList<PeerEvent>, IReadOnlyList<IAlongside>>? alongside = null) =>
        decisions.ExecuteLoading(
            portal,
            Name(peer),
            Peer.Initial,
            Peer.Evolve,
            decide,
            async events =>
            {
                var stored = await contacts.Load(portal, peer, ct);
                var others = alongside?.Invoke(events) ?? [];
                return reschedule(events, stored.Contact) is { } contact ? [new StoreContact(peer, contact, stored.Version), .. others] : others;
            },
            ct);

    /// <summary>The stream of the one that was meant, found by the six characters that every spelling begins with.</summary>
    /// <exception cref="Domain.Common.RefusedException"><c>peer_unknown</c></exception>
    public static Peer Meant(this Peer peer, TypedPortalId typed) => peer.MayBe(typed) ? peer : throw PeerRefusals.Unknown();

    /// <summary>UTC.</summary>
    public static DateOnly Today(this TimeProvider clock) => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public static PortalSnapshot Require(this IPortalSnapshots snapshots, PortalId portal) =>
        snapshots.Find(portal) ?? throw new InvalidOperationException($"Portal {portal} is not served here.");
}
