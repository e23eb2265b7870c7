using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Lists the refused signatures, the latest first.</summary>
public sealed record ListRefusedCalls(PortalId Portal, int Limit) : IRequest<IReadOnlyList<RefusedCall>>
{
    internal sealed class Handler(IRefusedCalls refused) : IRequestHandler<ListRefusedCalls, IReadOnlyList<RefusedCall>>
    {
        public Task<IReadOnlyList<RefusedCall>> Handle(ListRefusedCalls c, CancellationToken ct) =>
            Task.FromResult(refused.Latest(c.Portal, c.Limit));
    }
}
