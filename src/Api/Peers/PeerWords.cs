using System.Globalization;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Api.Peers;

/// <param name="Tone">The CSS class of the tag: <c>good</c>, <c>wait</c> or <c>bad</c>.</param>
/// <param name="Meaning">One or two sentences that explain the state and what the owner can do about it.</param>
public sealed record StandingWords(string Text, string Tone, string Meaning);

/// <summary>The texts that describe the state of a peer to the owner.</summary>
internal static class PeerWords
{
    public static StandingWords Standing(PeerView view) => view switch
    {
        { Peer.Blocked: true } => new(PeerStateTexts.Blocked, "bad", PeerStateTexts.BlockedMeaning),
        { Peer.Status: PeerStatus.Withdrawn } => new(PeerStateTexts.Withdrawn, "bad", PeerStateTexts.WithdrawnMeaning),
        { Contact.LastError.Code: "identity_refused" or "key_mismatch" or "domain_mismatch" } => new(PeerStateTexts.Another, "bad", PeerStateTexts.AnotherMeaning),
        { Contact.IsReachable: false, Contact.LastSeenAt: { } seen } =>
            new(PeerStateTexts.FormatNotReachedSince(Day(seen)), "bad", PeerStateTexts.NotReachedMeaning),
        { Peer: { Original: true, MayBeCalled: true }, Answer: { State: AnswerProofState.Refused, At: var since } } =>
            new(PeerStateTexts.FormatRefusesSince(Day(since)), "bad", PeerStateTexts.RefusesMeaning),
        { Peer: { Original: true, Status: PeerStatus.Mutual } } => new(PeerStateTexts.HasCalled, "good", PeerStateTexts.HasCalledMeaning),
        { Peer.Status: PeerStatus.Mutual } => new(PeerStateTexts.Mutual, "good", PeerStateTexts.MutualMeaning),
        { Peer.Key: null, Contact.LastError: not null } => new(PeerStateTexts.NotReachedYet, "wait", PeerStateTexts.NotReachedYetMeaning),
        { Peer.Key: null } => new(PeerStateTexts.Connecting, "wait", PeerStateTexts.ConnectingMeaning),
        { Peer.Original: true } => new(PeerStateTexts.FirstCall, "wait", PeerStateTexts.FirstCallMeaning),
        { Contact.Waiting: true } => new(PeerStateTexts.Telling, "wait", PeerStateTexts.TellingMeaning),
        _ => new(PeerStateTexts.Waiting, "wait", PeerStateTexts.WaitingMeaning),
    };

    public static string Verified(Peer peer) => peer.Verified switch
    {
        _ when peer.Key is null => PeerStateTexts.SureNotYet,
        PeerVerification.Compared => PeerStateTexts.SureCompared,
        PeerVerification.FullId => PeerStateTexts.SureFullId,
        PeerVerification.Invite => PeerStateTexts.SureInvite,
        _ => PeerStateTexts.SureFirstUse,
    };

    public static string VerifiedMeaning(Peer peer) => peer.Verified switch
    {
        _ when peer.Key is null => PeerStateTexts.SureNotYetMeaning,
        PeerVerification.Compared => PeerStateTexts.SureComparedMeaning,
        PeerVerification.FullId => PeerStateTexts.SureFullIdMeaning,
        PeerVerification.Invite => PeerStateTexts.SureInviteMeaning,
        _ => PeerStateTexts.SureFirstUseMeaning,
    };

    /// <summary>What the answer to the last call of an app shows.</summary>
    public static string Proven(AnswerProofState state) => state switch
    {
        AnswerProofState.Verified => PeerStateTexts.ProvenBoth,
        AnswerProofState.Forged => PeerStateTexts.ProvenForged,
        AnswerProofState.Refused => PeerStateTexts.ProvenRefused,
        _ => PeerStateTexts.ProvenThere,
    };

    /// <param name="reason">One of <see cref="SignatureReasons"/>.</param>
    public static string Refused(string reason) => RefusedCallTexts.ResourceManager.GetString(reason, CultureInfo.CurrentUICulture) ?? reason;

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("d MMM HH:mm", CultureInfo.CurrentCulture);
}
