using System.Text.Json.Serialization;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Sends our wanted state to a peer and records what follows from the response.</summary>
internal sealed record OfferPeering(PortalId Portal, ShortId Short, Contact Contact) : IRequest<ContactReply>
{
    /// <exception cref="RefusedException">
    /// Those of <see cref="IPeerMessages.Send"/>; <c>peer_busy</c>; <c>peer_refused</c>; <c>not_a_portal</c>; <c>clock_skew</c>;
    /// <c>answer_invalid</c>; <c>answer_unsigned</c>
    /// </exception>
    internal sealed class Handler(
        IAggregates aggregates, IPortalSnapshots snapshots, IPeerMessages messages, IPeerContacts contacts, IPeerApps apps, IMediator mediator,
        TimeProvider clock, RegistryOptions options)
        : IRequestHandler<OfferPeering, ContactReply>
    {
        private const long Day = 24 * 60 * 60 * 1000;

        public async Task<ContactReply> Handle(OfferPeering c, CancellationToken ct)
        {
            var contact = c.Contact;
            var peer = await aggregates.ReadPeer(c.Portal, c.Short, ct);
            var farewell = contact.Wanted == WantedPeering.Withdrawn;
            if (!farewell && peer is not { Listed: true })
                throw PeerRefusals.Unknown(); // removed while this attempt was running

            var key = farewell ? contact.Key : peer!.Key;
            var announced = farewell ? null : snapshots.Require(c.Portal).Announced(peer);
            var answer = await messages.Send(Notice(c, farewell ? contact.Domain! : peer!.Domain, key, peer is { Original: true }, announced), ct);
            if (answer.Status is 404 or 405 && (farewell ? key?.Kind == KeyKind.Rsa : peer!.MayBeOriginal))
                return await FoundOriginal(c, peer, ct);
            if (answer.Status != 200)
                throw PeerAnswers.Unexpected(answer, clock);
            if (key is not null && answer.SignatureReason is { } reason)
                throw PeerAnswers.Unsigned(reason, answer);

            var said = PeerAnswers.Read<Answer>(answer);
            var revision = Math.Min(said.Revision, clock.GetUtcNow().ToUnixTimeMilliseconds() + Day);
            if (farewell || key is null)
                return new ContactReply(revision, Refuted: said.Peering == "mutual");

            var refuted = said.Peering != "mutual" && peer!.Status == PeerStatus.Mutual && !contact.Doubted;
            if (!refuted)
                await mediator.Send(new RecordPeeringAnswer(c.Portal, key, said.Peering == "mutual", contact.Doubted), ct);
            if (said.Peering == "mutual")
                await Introduce(c, key, peer!, said.Apps, ct);
            return new ContactReply(revision, refuted);
        }

        /// <summary>Keeps what the peer says about its apps, and tells it of ours if it may hear of them from now on.</summary>
        private async Task Introduce(OfferPeering c, PublicKey key, Peer before, IReadOnlyList<string?>? said, CancellationToken ct)
        {
            await apps.Keep(c.Portal, c.Short, PeerSight.Claimed(said), ct);
            var now = await aggregates.ReadPeer(c.Portal, c.Short, ct);
            if (before.Status != PeerStatus.Mutual && now?.Answers(key) is true && snapshots.Require(c.Portal).Announced(now) is { Count: > 0 })
                await contacts.Change(c.Portal, c.Short, contact => contact.Restate(clock.GetUtcNow()), ct);
        }

        /// <summary>An original has no path for notices, so its first call is the only possible confirmation.</summary>
        private async Task<ContactReply> FoundOriginal(OfferPeering c, Peer? peer, CancellationToken ct)
        {
            if (c.Contact.Wanted == WantedPeering.Offered && peer?.Key is { } key)
                await mediator.Send(new RecordOriginal(c.Portal, key), ct);
            return new ContactReply(c.Contact.Revision, Refuted: false);
        }

        private PeerMessage Notice(OfferPeering c, string domain, PublicKey? key, bool toOriginal, IReadOnlyList<string>? announced)
        {
            var self = snapshots.Require(c.Portal).Portal;
            var body = PeerAnswers.Write(new Announcement(
                self.Id.Value, self.Key.Pem, self.Name, self.Domain, c.Contact.Wanted == WantedPeering.Offered ? "offered" : "withdrawn", c.Contact.Revision,
                c.Contact.Invite, PeerRules.AnnouncedPort(options), announced));
            return new PeerMessage(c.Portal, HttpMethod.Put, domain, "/core/public/peering", body, Signed: true, key, toOriginal);
        }

        private sealed record Announcement(
            string Id, string PublicKeyPem, string Name, string Domain, string Peering, long Revision,
            [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Invite,
            [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Port,
            [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Apps);

        private sealed record Answer(string Peering, long Revision, IReadOnlyList<string?>? Apps = null);
    }
}

/// <summary>
/// Records what follows from a peer's response to our offer. "Offered" counts as a withdrawal only the second time, because the first response may have
/// crossed a notice of the peer.
/// </summary>
/// <param name="Doubted">Whether the peer has responded "offered" before, although the peering was mutual here.</param>
internal sealed record RecordPeeringAnswer(PortalId Portal, PublicKey Key, bool Mutual, bool Doubted) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RecordPeeringAnswer, Unit>
    {
        public async Task<Unit> Handle(RecordPeeringAnswer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Key.Id.Short, ct);
            peer.Append([.. Peer.SeeProtocol(peer.State, c.Key), .. c.Mutual ? Peer.Confirm(peer.State, c.Key) : Offered(c, peer.State)]);
            return Unit.Value;
        }

        private static IReadOnlyList<PeerEvent> Offered(RecordPeeringAnswer c, Peer? peer) =>
            [.. Peer.Offer(peer, c.Key, toOriginal: false), .. c.Doubted ? Peer.Withdraw(peer, c.Key) : []];
    }
}

/// <summary>Records that a peer has no path for notices, which is so for originals only.</summary>
internal sealed record RecordOriginal(PortalId Portal, PublicKey Key) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RecordOriginal, Unit>
    {
        public async Task<Unit> Handle(RecordOriginal c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Key.Id.Short, ct);
            peer.Append(Peer.Offer(peer.State, c.Key, toOriginal: true));
            return Unit.Value;
        }
    }
}
