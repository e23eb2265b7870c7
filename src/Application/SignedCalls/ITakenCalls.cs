using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>What identifies a call that a peer wants delivered once.</summary>
/// <param name="Key">The signed <c>Idempotency-Key</c>.</param>
public sealed record TakenKey(PortalId Portal, string App, PortalId Signer, string Key);

public enum Taking
{
    /// <summary>It was not here before.</summary>
    First,

    /// <summary>It was delivered to the app before.</summary>
    Again,

    /// <summary>Another request has the same key.</summary>
    OtherRequest,

    /// <summary>So many keys of this peer are remembered for this app that no further one is.</summary>
    TooMany,
}

/// <param name="Status">What the app answered the first time, with <see cref="Taking.Again"/>; null if that is not known.</param>
public readonly record struct TakenCall(Taking Taking, int? Status);

/// <summary>Table <c>taken_calls</c>: the keys of calls that were delivered to apps here, so that none is delivered twice.</summary>
public interface ITakenCalls
{
    /// <summary>Remembers the key, unless it is known.</summary>
    /// <param name="fingerprint">SHA-256 of the request.</param>
    Task<TakenCall> Take(TakenKey key, byte[] fingerprint, CancellationToken ct);

    /// <summary>The app has answered.</summary>
    Task Answered(TakenKey key, int status, CancellationToken ct);

    /// <summary>The app did not get the request, or has asked for it later: the next attempt is the first one again.</summary>
    Task Forget(TakenKey key, CancellationToken ct);
}
