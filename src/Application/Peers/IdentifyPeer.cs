using System.Buffers.Text;
using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Requests <c>whoareyou</c> with a challenge from the peer's domain, pins the key of the response, and stores the profile in it.
/// </summary>
internal sealed record IdentifyPeer(PortalId Portal, ShortId Peer) : IRequest
{
    private const string Path = "/core/public/meta/whoareyou?challenge=";

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

            var challenge = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
            var answer = await messages.Send(
                new PeerMessage(c.Portal, HttpMethod.Get, peer.Domain, Path + challenge, default, Signed: false, peer.Key, peer.Original), ct);
            if (answer.Status != 200)
                throw PeerAnswers.Unexpected(answer, clock);

            var claim = PeerAnswers.Read<Identity>(answer);
            var key = PublicKey.Parse(claim.PublicKeyPem);
            if (key.Id.Value != claim.Id)
                throw PeerFault.KeyMismatch.Refusal();

            // A different Portal has a different domain, so the ID is checked first.
            var signed = RequireSignature(peer, key, answer);
            if (key.Id.Short == c.Peer && !string.Equals(claim.Domain, PeerRules.HostOf(peer.Domain), StringComparison.OrdinalIgnoreCase))
                throw PeerFault.DomainMismatch.Refusal();

            if (await mediator.Send(new PinPeerKey(c.Portal, c.Peer, key, DisplayName.Claimed(claim.Name), signed), ct) is { } refused)
                throw refused;
            await profiles.KeepDescription(c.Portal, c.Peer, DisplayName.ClaimedText(claim.Description, Profile.MaxDescription, lines: true), ct);
            return Unit.Value;
        }

        /// <summary>Only a peer with an RSA key that has never signed a response may omit the signature, because originals do not sign responses.</summary>
        private static bool RequireSignature(Peer peer, PublicKey key, PeerAnswer answer) => answer.VerifyWith(key) switch
        {
            null => true,
            "signature_missing" when key.Kind == KeyKind.Rsa && !(peer.Key == key && peer.SpeaksOurs) => false,
            var reason => throw PeerAnswers.Unsigned(reason, answer),
        };

        private sealed record Identity(string Id, string PublicKeyPem, string? Name, string? Domain, string? Description = null);
    }
}
