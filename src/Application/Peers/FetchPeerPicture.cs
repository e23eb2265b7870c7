using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Fetches the picture of a peer. If that fails, the stored picture is kept and the next contact tries again. If the peer has no picture, or what it
/// sends is not one, the stored picture is deleted.
/// </summary>
internal sealed record FetchPeerPicture(PortalId Portal, ShortId Peer) : IRequest
{
    internal const string Path = "/core/public/meta/avatar";
    private const int MaxTag = 200;

    internal sealed class Handler(IAggregates aggregates, IPeerMessages messages, IPeerProfiles profiles) : IRequestHandler<FetchPeerPicture, Unit>
    {
        public async Task<Unit> Handle(FetchPeerPicture c, CancellationToken ct)
        {
            var peer = await aggregates.ReadPeer(c.Portal, c.Peer, ct);
            if (peer is not { Listed: true })
                return Unit.Value;

            var known = await profiles.Find(c.Portal, c.Peer, ct);
            var question = new PeerMessage(c.Portal, HttpMethod.Get, peer.Domain, Path, default, Signed: false, ExpectedSigner: null, peer.Original)
            {
                IfNoneMatch = known.PictureTag,
            };
            try
            {
                var answer = await messages.Send(question, ct);
                if (answer.Status is 200 or 404)
                    await profiles.KeepPicture(c.Portal, c.Peer, Picture(answer), Tag(answer), ct);
            }
            catch (RefusedException)
            {
            }

            return Unit.Value;
        }

        private static byte[]? Picture(PeerAnswer answer)
        {
            if (answer.Status == 404)
                return null;

            try
            {
                AvatarImage.Sniff(answer.Body.Span);
                return answer.Body.ToArray();
            }
            catch (RefusedException)
            {
                return null;
            }
        }

        private static string? Tag(PeerAnswer answer) =>
            answer.Status == 200 && answer.Fields.Get("ETag") is [{ Length: <= MaxTag } tag] && tag.All(char.IsAscii) ? tag : null;
    }
}
