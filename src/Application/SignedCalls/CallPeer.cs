using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Calls the same app on a peer's Portal, for an app.</summary>
/// <param name="Portal">The snapshot at the start of the call.</param>
/// <param name="Peer">The full or short ID, as in the path.</param>
/// <param name="Target">Raw path and query for the peer's app, which are sent unchanged.</param>
/// <param name="Message">
/// Method, body, and the fields that pass; see <see cref="HeaderFilter"/>. The address and the signature are added. The body is a
/// <see cref="StreamContent"/>; other content has header fields only.
/// </param>
/// <param name="Upgrade">To <c>websocket</c>.</param>
public sealed record CallPeer(
    PortalSnapshot Portal, string App, ReadOnlyMemory<char> Peer, string Target, HttpRequestMessage Message, bool Upgrade) : IHotPathRequest<PeerCallAnswer>
{
    /// <summary>The value of the message's <c>Idempotency-Key</c> if the peer's core is to deliver the call once, or null for a usual call.</summary>
    public string? OnceKey { get; init; }

    internal sealed class Handler(IPeerCalls calls) : IRequestHandler<CallPeer, PeerCallAnswer>
    {
        /// <exception cref="RefusedException"><c>peer_unknown</c>; <c>peering_not_mutual</c>; and those of <see cref="IPeerCalls.Send"/></exception>
        public Task<PeerCallAnswer> Handle(CallPeer c, CancellationToken ct)
        {
            var peer = CallPolicy.Authorize(c.Portal, c.App, c.Peer.Span, out var refusal) ?? throw refusal!;
            return calls.Send(c, peer, ct);
        }
    }
}
