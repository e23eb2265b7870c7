using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>What is known of the answer to a call.</summary>
public enum AnswerProofState
{
    /// <summary>The peer's core did not sign it, as behind a proxy that asks the core.</summary>
    Unsigned,

    /// <summary>The peer's core signed it. So the call was verified end to end in both directions.</summary>
    Verified,

    /// <summary>It is not the one that the peer's core signed, so it was withheld.</summary>
    Forged,

    /// <summary>The peer, which runs the original core, answered 401. It does so to everybody who is not in its list.</summary>
    Refused,
}

/// <param name="At">When it came; with <see cref="AnswerProofState.Refused"/>, when the first of several in a row came.</param>
public readonly record struct LastAnswer(AnswerProofState State, DateTimeOffset At);

/// <summary>Remembers how the last answer of each peer's apps was proven, in the memory of this node, for the owner to see.</summary>
public interface IPeerAnswers
{
    void Record(PortalId portal, ShortId peer, AnswerProofState state);

    /// <returns>Null if no app has called the peer since the start.</returns>
    LastAnswer? Last(PortalId portal, ShortId peer);
}
