using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Accepts a call to the same app on a peer's Portal, to be delivered later. Returns the id of the call.</summary>
/// <param name="Portal">The snapshot at the start of the request.</param>
/// <param name="Peer">The full or short ID, as in the path.</param>
/// <param name="Target">Raw path and query for the peer's app.</param>
/// <param name="Fields">The header fields that pass to the peer, the key among them.</param>
public sealed record DeferCall(
    PortalSnapshot Portal, string App, string Peer, string Key, string Method, string Target,
    IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Body) : IRequest<Guid>
{
    internal sealed class Handler(IDeferredCalls calls) : IRequestHandler<DeferCall, Guid>
    {
        /// <exception cref="RefusedException">
        /// <c>peer_unknown</c>; <c>peering_not_mutual</c>; <c>original_needs_rsa</c>; <c>idempotency_key_reused</c>; <c>too_many_calls</c>
        /// </exception>
        public Task<Guid> Handle(DeferCall c, CancellationToken ct)
        {
            var peer = CallPolicy.Authorize(c.Portal, c.App, c.Peer, out var refusal) ?? throw refusal!;
            PortalId id = peer.Id ?? throw new InvalidOperationException("A peer that may be called has a full ID.");
            return calls.Accept(c.Portal.Portal.Id, new DeferredRequest(c.App, id, c.Key, c.Method, c.Target, c.Fields, c.Body), ct);
        }
    }
}
