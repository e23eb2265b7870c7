using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Remembers which calls were said to have failed; everything else is not asked of it here.</summary>
internal sealed class NoContacts : IPeerContacts
{
    public List<(ShortId Peer, bool Refused)> Failed { get; } = [];

    public void CallFailed(PortalId portal, ShortId peer, bool refused)
    {
        lock (Failed)
            Failed.Add((peer, refused));
    }

    public void Heard(PortalId portal, ShortId peer)
    {
    }

    public void Nudge()
    {
    }

    public Task<IReadOnlyDictionary<ShortId, PeerContact>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct) =>
        Task.FromResult<IReadOnlyDictionary<ShortId, PeerContact>>(new Dictionary<ShortId, PeerContact>());

    public Task<IReadOnlyList<DueContact>> Borrow(DateTimeOffset now, int atMost, CancellationToken ct) => throw new NotSupportedException();

    public Task Finish(ContactOutcome outcome, CancellationToken ct) => throw new NotSupportedException();

    public Task<long> Take(PortalId portal, ShortId peer, long revision, CancellationToken ct) => throw new NotSupportedException();

    public Task TryNow(PortalId portal, ShortId peer, CancellationToken ct) => throw new NotSupportedException();

    public Task BringForward(PortalId portal, ShortId peer, CancellationToken ct) => throw new NotSupportedException();
}
