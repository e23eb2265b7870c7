using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Gateway;

/// <param name="Fault">Why the app is not served at all, in one sentence, or null.</param>
/// <param name="Address">The address at which it should listen, or null if it is not served.</param>
/// <param name="Answers">Whether something accepts a connection there.</param>
public readonly record struct AppState(string? Fault, string? Address, bool Answers);

/// <summary>Whether apps can be reached, for the owner's pages.</summary>
public interface IAppProbes
{
    /// <summary>Connects to the app's own address, and to no other. One app at a time, two seconds at most, and not again for a while.</summary>
    Task<AppState> Look(PortalSnapshot portal, App app, CancellationToken ct);

    /// <summary>When somebody last asked for the app from outside, through the gateway or a proxy that asks; null since the start of the process.</summary>
    DateTimeOffset? LastAsked(PortalId portal, string app);

    /// <summary>Somebody asked for the app. Cheap enough for every request.</summary>
    void Asked(PortalId portal, string app);
}
