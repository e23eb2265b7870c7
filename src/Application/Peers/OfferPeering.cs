using System.Text.Json.Serialization;
using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Tells a peer our wanted state and records what its answer means.</summary>
internal sealed record OfferPeering(DueContact Due) : IRequest<OfferPeering.Outcome>
{
    /// <param name="Revision">That the peer goes by.</param>
    /// <param name="Refuted">It does not have us, although we held it to be mutual; the first time that it says so.</param>
    internal sealed record Outcome(long Revision, bool Refuted);

    /// <exception cref="RefusedException">
    /// <c>peer_unreachable</c>; <c>peer_timeout</c>; <c>peer_refused</c>; <c>clock_skew</c>; <c>answer_invalid</c>; <c>answer_unsigned</c>
    /// </exception>
    internal sealed class Handler(IEventStore store, IPortalSnapshots snapshots, IPeerMessages messages, Decisions decisions, TimeProvider clock)
        : IRequestHandler<OfferPeering, Outcome>
    {
        private const long Day = 24 * 60 * 60 * 1000;

        public async Task<Outcome> Handle(OfferPeering c, CancellationToken ct)
        {
            var due = c.Due;
            var peer = await store.Load(due.Portal, due.Peer, ct);
            var farewell = due.Wanted == WantedPeering.Withdrawn;
            if (!farewell && !peer.Listed)
                throw PeerRefusals.Unknown(); // removed while this visit was under way

            var key = farewell ? due.Key : peer.Key;
            var answer = await messages.Send(Notice(due, farewell ? due.Domain! : peer.Domain, key, peer.Original), ct);
            if (answer.Status is 404 or 405 && (farewell ? key?.Kind == KeyKind.Rsa : peer.MayBeOriginal))
                return await FoundOriginal(due, peer, ct);
            if (answer.Status != 200)
                throw PeerAnswers.Unexpected(answer, clock);
            if (key is not null && answer.SignatureReason is { } reason)
                throw PeerAnswers.Unsigned(reason, answer, clock);

            var said = PeerAnswers.Read<Answer>(answer);
            var revision = Math.Min(said.Revision, clock.GetUtcNow().ToUnixTimeMilliseconds() + Day);
            if (farewell || key is null)
                return new Outcome(revision, Refuted: said.Peering == "mutual");

            var refuted = said.Peering != "mutual" && peer.Status == PeerStatus.Mutual && !due.Doubted;
            if (!refuted)
                await decisions.Execute(due.Portal, due.Peer, current => Judge(current, key, said.Peering == "mutual", due.Doubted), ct);
            return new Outcome(revision, refuted);
        }

        /// <summary>"Offered" withdraws only when it is said again: the first may have crossed with a notice of its own.</summary>
        private static IReadOnlyList<PeerEvent> Judge(Peer peer, PublicKey key, bool mutual, bool doubted) =>
        [
            .. Peer.SeeProtocol(peer, key),
            .. mutual ? Peer.Confirm(peer, key) : [.. Peer.Offer(peer, key, toOriginal: false), .. doubted ? Peer.Withdraw(peer, key) : []],
        ];

        /// <summary>An original has no path for notices: there is nothing to wait for but its first call.</summary>
        private async Task<Outcome> FoundOriginal(DueContact due, Peer peer, CancellationToken ct)
        {
            if (due.Wanted == WantedPeering.Offered && peer.Key is { } key)
                await decisions.Execute(due.Portal, due.Peer, current => Peer.Offer(current, key, toOriginal: true), ct);
            return new Outcome(due.Revision, Refuted: false);
        }

        private PeerMessage Notice(DueContact due, string domain, PublicKey? key, bool toOriginal)
        {
            var self = snapshots.Require(due.Portal).Portal;
            var body = PeerAnswers.Write(new Announcement(
                self.Id.Value, self.Key.Pem, self.Name, self.Domain, due.Wanted == WantedPeering.Offered ? "offered" : "withdrawn", due.Revision, due.Invite));
            return new PeerMessage(due.Portal, HttpMethod.Put, domain, "/core/public/peering", body, Signed: true, key, toOriginal);
        }

        private sealed record Announcement(
            string Id, string PublicKeyPem, string Name, string Domain, string Peering, long Revision,
            [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Invite);

        private sealed record Answer(string Peering, long Revision);
    }
}
