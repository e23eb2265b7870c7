using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>The one live pairing code of each Portal, hashed.</summary>
public interface IPairingCodes
{
    /// <summary>Stores a new code and invalidates the Portal's previous one.</summary>
    /// <param name="tries">The number of wrong secrets after which the code is invalid.</param>
    Task Put(PortalId portal, TypedPairingCode code, DateTimeOffset expiresAt, int tries, CancellationToken ct);

    /// <summary>Stores the code unless there is one that can still be used; one statement, so that nodes that start together agree.</summary>
    /// <returns>Whether it was stored.</returns>
    Task<bool> TryPut(PortalId portal, TypedPairingCode code, DateTimeOffset expiresAt, int tries, CancellationToken ct);

    /// <summary>
    /// Whether this is the selector of the Portal's live code. Strangers may ask as often as they like, so the answer may be a quarter of
    /// a second old, except that a code stored by this process is known at once.
    /// </summary>
    ValueTask<bool> IsLive(PortalId portal, string selector, CancellationToken ct);

    /// <summary>
    /// Uses the code up if selector and secret are right. If only the selector is, takes one of the code's tries; otherwise changes nothing.
    /// One statement decides, so one of several racing calls wins.
    /// </summary>
    /// <returns>Whether the code was used up by this call.</returns>
    Task<bool> Use(PortalId portal, TypedPairingCode code, CancellationToken ct);
}
