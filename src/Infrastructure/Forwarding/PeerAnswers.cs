using System.Collections.Concurrent;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>One entry for each peer that was called.</summary>
internal sealed class PeerAnswers(TimeProvider clock) : IPeerAnswers
{
    private readonly ConcurrentDictionary<(PortalId, ShortId), LastAnswer> last = new();

    public void Record(PortalId portal, ShortId peer, AnswerProofState state) => last.AddOrUpdate(
        (portal, peer),
        static (_, now) => now,
        static (_, before, now) => now.State == AnswerProofState.Refused && before.State == AnswerProofState.Refused ? before : now,
        new LastAnswer(state, clock.GetUtcNow()));

    public LastAnswer? Last(PortalId portal, ShortId peer) => last.TryGetValue((portal, peer), out var answer) ? answer : null;
}
