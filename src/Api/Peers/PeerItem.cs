using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>A peer in the owner's API.</summary>
/// <param name="Id">The full ID if it is known, otherwise the part that was typed.</param>
/// <param name="PublicBytesB64">The PEM text, under the name that the original core gives it.</param>
/// <param name="Comparison">The digits that both owners see and can compare, or null before first contact.</param>
internal sealed record PeerItem(
    string Id,
    ShortId ShortId,
    string Name,
    string? Petname,
    string? ClaimedName,
    string? Note,
    string Domain,
    PeerStatus Status,
    bool Blocked,
    bool? IsReachable,
    bool IsOriginal,
    PeerVerification? Verified,
    PublicKey? PublicKeyPem,
    string? PublicBytesB64,
    DateTimeOffset AddedAt,
    DateTimeOffset? ConfirmedAt,
    DateTimeOffset? LastSeenAt,
    DateTimeOffset? NextAttemptAt,
    PeerItem.PeerError? LastError,
    PeerItem.LastAnswered? LastAnswer,
    string? Comparison)
{
    /// <param name="self">This Portal.</param>
    public static PeerItem Of(PeerView view, PortalId self)
    {
        var (peer, contact, answer) = view;
        return new PeerItem(
            peer.Id?.Value ?? peer.Typed.Value, peer.Short, peer.Name, peer.Petname, peer.ClaimedName, peer.Note, peer.Domain, peer.Status, peer.Blocked,
            contact.IsReachable, peer.Original, peer.Verified, peer.Key, peer.Key?.Pem, peer.AddedAt, peer.ConfirmedAt, contact.LastSeenAt,
            contact.Waiting || contact.LastError is not null ? contact.NextAttemptAt : null,
            contact.LastError is { } e ? new PeerError(e.Code, e.Detail, e.At) : null,
            answer is { } last ? new LastAnswered(last.State, last.At) : null,
            peer.Key is { } key ? string.Join(' ', global::PeerRegistry.Domain.Peers.Comparison.Of(self, key.Id)) : null);
    }

    /// <summary>How the answer to the last call of an app was proven.</summary>
    internal sealed record LastAnswered(AnswerProofState State, DateTimeOffset At);

    internal sealed record PeerError(string Code, string Detail, DateTimeOffset At);
}
