using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="NewRequests">The number of requests in the inbox that are not marked as seen.</param>
/// <param name="Peers">Those that only the owner can help, by name.</param>
/// <param name="Apps">Those that ask for a permission about which the owner has not decided, by name.</param>
public sealed record Attention(int NewRequests, IReadOnlyList<Peer> Peers, IReadOnlyList<App> Apps);

/// <summary>
/// Finds what waits for the owner: new requests, apps that ask for a permission, and peers where somebody else answers or nobody has answered
/// for a day.
/// </summary>
public sealed record FindAttention(PortalId Portal) : IRequest<Attention>
{
    private const int AtMost = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    internal sealed class Handler(IPortalSnapshots snapshots, IPeeringOffers offers, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<FindAttention, Attention>
    {
        public async Task<Attention> Handle(FindAttention q, CancellationToken ct)
        {
            var portal = snapshots.Require(q.Portal);
            var peers = portal.Peers;
            var requests = await offers.FindNew(q.Portal, ct);
            var troubled = await contacts.FindTroubled(q.Portal, clock.GetUtcNow() - Patience, AtMost, ct);
            return new Attention(
                requests.Count(id => peers.GetValueOrDefault(id.Short) is not { Listed: true }),
                [.. troubled
                    .Select(id => peers.GetValueOrDefault(id)).OfType<Peer>()
                    .Where(p => p is { Listed: true, Blocked: false, Status: not PeerStatus.Withdrawn })
                    .OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase)],
                [.. portal.Apps.Values.Where(app => app.AwaitsDecision).OrderBy(app => app.Name, StringComparer.Ordinal)]);
        }
    }
}
