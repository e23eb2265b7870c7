using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>A peer's response to a call. The call ends when the message is disposed of, or its body.</summary>
public abstract class PeerCallAnswer
{
    /// <summary>The response with its unread body, which after a 101 is the connection itself, in both directions.</summary>
    public abstract HttpResponseMessage Message { get; }

    /// <summary>The fields that are forwarded; see <see cref="HeaderFilter"/>.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>The trailers, which are complete once the body has been read.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Trailers { get; }

    /// <summary>What the peer's core has signed; null if it has signed nothing, and until the body was read to its end.</summary>
    public abstract CallReceipt? Receipt { get; }

    /// <summary>
    /// Not null if the peer's core itself says that it has delivered this call before, with the status of the app's first answer in it, if it knows that.
    /// </summary>
    public abstract EarlierDelivery? Earlier { get; }

    /// <summary>Cancelled when the call must end at once, because the peer may no longer be called or a limit was exceeded.</summary>
    public abstract CancellationToken Cut { get; }
}

/// <param name="Status">Null if the peer's core does not know it.</param>
public sealed record EarlierDelivery(int? Status);

/// <summary>Signs and sends calls of apps to the same app on a peer's Portal.</summary>
public interface IPeerCalls
{
    /// <exception cref="RefusedException">
    /// <c>peer_unreachable</c>; <c>peer_timeout</c>; <c>answer_invalid</c>; <c>rate_limited</c>; <c>body_too_large</c>; <c>storage_full</c>;
    /// <c>path_ambiguous</c>; and if it is removed, blocked or hidden meanwhile <c>peer_unknown</c>, <c>peering_not_mutual</c>
    /// </exception>
    /// <param name="peer">The peer to call, as <see cref="CallPolicy"/> has allowed it.</param>
    Task<PeerCallAnswer> Send(CallPeer call, Peer peer, CancellationToken ct);
}
