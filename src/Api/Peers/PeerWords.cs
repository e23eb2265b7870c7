using System.Globalization;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Api.Peers;

/// <param name="Tone">The CSS class of the tag: <c>good</c>, <c>wait</c> or <c>bad</c>.</param>
/// <param name="Meaning">One or two sentences that explain the state and what the owner can do about it.</param>
public sealed record StandingWords(string Text, string Tone, string Meaning);

/// <summary>The texts that describe the state of a peer to the owner.</summary>
public static class PeerWords
{
    public static StandingWords Standing(PeerView view) => view switch
    {
        { Peer.Blocked: true } => new("blocked", "bad", "All calls are refused in both directions. To them it looks as if you had never added them."),
        { Peer.Status: PeerStatus.Withdrawn } =>
            new("they removed you", "bad",
                "They had added you and removed you again. All calls are refused until they add you again. You may keep them in your list or remove them."),
        { Contact.LastError.Code: "identity_refused" or "key_mismatch" or "domain_mismatch" } => new("somebody else answers", "bad",
            "The Portal at their address is not the one that you added. Nothing is sent there. Ask them some other way, such as by phone, for their current ID."),
        { Contact.IsReachable: false, Contact.LastSeenAt: { } seen } => new($"not reached since {Day(seen)}", "bad",
            "Their Portal does not answer. We keep trying, and you remain peers."),
        { Peer.Status: PeerStatus.Mutual } => new("mutual", "good", "You have added each other. Apps that may see them can call them."),
        { Peer.Key: null, Contact.LastError: not null } =>
            new("not reached yet", "wait", "Their Portal has not answered yet. We keep trying. Check the ID and the address."),
        { Peer.Key: null } => new("connecting", "wait", "We are asking their Portal who it is."),
        { Peer.Original: true } =>
            new("waiting for their first call", "wait",
                "Their Portal is of an older kind that does not tell us when they add you. You become mutual with their first call."),
        { Contact.Waiting: true } => new("telling them", "wait", "They do not know yet that you added them. We keep trying to tell them."),
        _ => new("waiting for them", "wait", "They know that you added them. You become mutual as soon as they add you, too."),
    };

    public static string Verified(Peer peer) => peer.Verified switch
    {
        _ when peer.Key is null => "not reached yet",
        PeerVerification.FullId => "verified by full ID",
        PeerVerification.Invite => "verified by invite",
        _ => "trusted on first use",
    };

    public static string VerifiedMeaning(Peer peer) => peer.Verified switch
    {
        _ when peer.Key is null => "As soon as they answer, their ID is checked against everything that you typed.",
        PeerVerification.FullId => "All 103 characters of the ID were given, so nobody else can impersonate them.",
        PeerVerification.Invite => "You became peers by an invite. Its link contains the full ID of the Portal that made it, and only one Portal could use it.",
        _ => "The first Portal that answered with the characters you typed was accepted, and no other since. To be sure, compare the whole ID with them some other way, such as by phone.",
    };

    /// <summary>What the answer to the last call of an app shows.</summary>
    public static string Proven(AnswerProofState state) => state switch
    {
        AnswerProofState.Verified => "verified end to end in both directions: their Portal signed its answer",
        AnswerProofState.Forged => "the last answer was not the one that their Portal signed, so it was withheld",
        _ => "verified on the way there; their Portal does not sign the answers of its apps",
    };

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM HH:mm", CultureInfo.InvariantCulture);
}
