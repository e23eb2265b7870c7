using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>The one live pairing code of each Portal, hashed.</summary>
public interface IPairingCodes
{
    /// <summary>The code before this one is void.</summary>
    Task Put(PortalId portal, TokenHash code, DateTimeOffset expiresAt, int tries, CancellationToken ct);

    /// <summary>Uses the code up if it is the live one, else takes one try from it; one statement, so that of racing calls one wins.</summary>
    Task<bool> Use(PortalId portal, TokenHash code, CancellationToken ct);
}
