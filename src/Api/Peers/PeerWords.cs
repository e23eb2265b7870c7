using System.Globalization;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Api.Peers;

/// <param name="Tone">Class of the tag: <c>good</c>, <c>wait</c> or <c>bad</c>.</param>
/// <param name="Meaning">What it means and what to do about it, in a sentence or two.</param>
public sealed record StandingWords(string Text, string Tone, string Meaning);

/// <summary>How things stand with a peer, in the owner's language.</summary>
public static class PeerWords
{
    public static StandingWords Standing(PeerView view) => view switch
    {
        { Peer.Blocked: true } => new("blocked", "bad", "Nothing passes, either way. To them it looks as if you had never added them."),
        { Peer.Status: PeerStatus.Withdrawn } => new("they removed you", "bad", "They had added you and took it back. Nothing passes until they add you again; you may keep them in your list or remove them."),
        { Contact.LastError.Code: "identity_refused" or "key_mismatch" or "domain_mismatch" } => new("somebody else answers", "bad",
            "Whoever answers at their address is not who you added. Nothing is sent there. Ask them, on another way, what their ID is now."),
        { Contact.IsReachable: false, Contact.LastSeenAt: { } seen } => new($"not reached since {Day(seen)}", "bad",
            "Their Portal does not answer. We keep trying; what you agreed on stays."),
        { Peer.Status: PeerStatus.Mutual } => new("mutual", "good", "You have added each other. Apps that may see them can call them."),
        { Peer.Key: null, Contact.LastError: not null } => new("not reached yet", "wait", "Their Portal has not answered so far. We keep trying; check the ID and the address."),
        { Peer.Key: null } => new("asking for them", "wait", "We are asking their Portal who it is."),
        { Peer.Original: true } => new("waiting for their first call", "wait", "Their Portal is of the older kind, which does not tell us when you are added. It counts as mutual with their first call."),
        { Contact.Waiting: true } => new("telling them", "wait", "They do not know yet that you added them. We keep trying to tell them."),
        _ => new("waiting for them", "wait", "They know that you added them. As soon as they add you, too, you are mutual."),
    };

    public static string Verified(PeerRow peer) => peer.Verified switch
    {
        _ when peer.Key is null => "not met yet",
        PeerVerification.FullId => "verified by full ID",
        PeerVerification.Invite => "verified by invite",
        _ => "trusted on first use",
    };

    public static string VerifiedMeaning(PeerRow peer) => peer.Verified switch
    {
        _ when peer.Key is null => "They are checked against everything you typed as soon as they answer.",
        PeerVerification.FullId => "All 103 characters of the ID were given, so nobody else can pass for them.",
        PeerVerification.Invite => "An invite brought you together: its link names the full ID of who made it, and only one could use it.",
        _ => "Whoever answered first under the characters you had was taken for them, and nobody else since. To be sure, compare the whole ID with them on another way.",
    };

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM HH:mm", CultureInfo.InvariantCulture);
}
