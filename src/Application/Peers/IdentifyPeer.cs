using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Requests <c>whoareyou</c> with a challenge from the peer's domain, pins the key of the response, and stores the profile in it. If the response says
/// that the peer has another address now, the peer is asked there.
/// </summary>
/// <param name="Announced">
/// Another address at which the peer says that it is. A key is never pinned there: only the one that is pinned already is accepted, and moves the peer.
/// </param>
internal sealed record IdentifyPeer(PortalId Portal, ShortId Peer, string? Announced = null) : IRequest
{
    /// <exception cref="RefusedException">
    /// Those of <see cref="IPeerMessages.Send"/>; <c>peer_busy</c>; <c>peer_refused</c>; <c>not_a_portal</c>; <c>clock_skew</c>;
    /// <c>answer_invalid</c>; <c>key_mismatch</c>; <c>domain_mismatch</c>; <c>answer_unsigned</c>; <c>identity_refused</c>
    /// </exception>
    internal sealed class Handler(IAggregates aggregates, IPeerMessages messages, IPeerProfiles profiles, IMediator mediator, TimeProvider clock)
        : IRequestHandler<IdentifyPeer, Unit>
    {
        public async Task<Unit> Handle(IdentifyPeer c, CancellationToken ct)
        {
            var peer = await aggregates.ReadPeer(c.Portal, c.Peer, ct);
            if (peer is not { Listed: true })
                throw PeerRefusals.Unknown(); // removed while this attempt was running

            var address = c.Announced ?? peer.Domain;
            var answer = await messages.Send(
                new PeerMessage(c.Portal, HttpMethod.Get, address, WhoAreYou.Target(), default, Signed: false, peer.Key, peer.Original), ct);
            var claim = WhoAreYou.Read(answer, clock);
            var key = claim.Key;

            // A different Portal has a different domain, so the ID is checked first.
            var signed = RequireSignature(peer, key, answer);
            if (key.Id.Short == c.Peer && !string.Equals(claim.Domain, PeerRules.HostOf(address), StringComparison.OrdinalIgnoreCase))
                return signed && await Follow(c, peer, claim, ct) ? Unit.Value : throw PeerFault.DomainMismatch.Refusal();
            if (c.Announced is not null && !(signed && peer.Key == key))
                throw PeerFault.IdentityRefused.Refusal();

            if (await mediator.Send(new PinPeerKey(c.Portal, c.Peer, key, DisplayName.Claimed(claim.Name), signed), ct) is { } refused)
                throw refused;
            if (c.Announced is not null)
                await mediator.Send(new MovePeer(c.Portal, key, address), ct);
            await profiles.KeepDescription(c.Portal, c.Peer, DisplayName.ClaimedText(claim.Description, Profile.MaxDescription, lines: true), ct);
            if (signed && claim.Port is not null)
                await Follow(c, peer with { Key = key }, claim, ct);
            return Unit.Value;
        }

        /// <summary>
        /// Asks at the address that the pinned key has just said is the peer's, unless it is the one that was asked. The peer may have moved while its notice
        /// did not arrive, or may be reached at a port that nobody has typed.
        /// </summary>
        /// <returns>Whether the peer was met there.</returns>
        private async Task<bool> Follow(IdentifyPeer c, Peer peer, WhoAreYou claim, CancellationToken ct)
        {
            var address = PeerRules.Address(claim.Domain ?? "", claim.Port).ToLowerInvariant();
            return c.Announced is null && peer.Key == claim.Key && address != peer.Domain && PeerRules.IsDomainOf(address, c.Peer)
                && await mediator.Send(new FollowPeer(c.Portal, c.Peer, address), ct);
        }

        /// <summary>Only a peer with an RSA key that has never signed a response may omit the signature, because originals do not sign responses.</summary>
        private static bool RequireSignature(Peer peer, PublicKey key, PeerAnswer answer) => answer.VerifyWith(key) switch
        {
            null => true,
            SignatureReasons.Missing when key.Kind == KeyKind.Rsa && !(peer.Key == key && peer.SpeaksOurs) => false,
            var reason => throw PeerAnswers.Unsigned(reason, answer),
        };
    }
}
