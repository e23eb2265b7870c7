using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Tells apps what becomes of the peers that they see. A restart forgets what was told; a reader then begins again with the present state.</summary>
public interface IPeerNews
{
    /// <param name="lastRead">The id of the last news that this app has read, from whatever reader, or null if there is none.</param>
    /// <exception cref="RefusedException"><c>rate_limited</c>: there are too many readers.</exception>
    Task<IPeerNewsReader> Open(PortalId portal, string app, string? lastRead, CancellationToken ct);
}

/// <summary>One reader of what an app is told. It is used by one caller at a time.</summary>
public interface IPeerNewsReader : IDisposable
{
    /// <summary>Completes when there is something to <see cref="Take"/>, or the app may have lost the right to it. To be read before Take.</summary>
    Task Next { get; }

    /// <summary>
    /// What is new for this reader, by the latest snapshot. A reader for which the news that it lacks are not kept is told the present state instead.
    /// </summary>
    /// <returns>Null if the app was removed.</returns>
    PeerNewsBatch? Take();
}

/// <param name="IsPresentState">Whether the news are every peer that the app sees, and what was told before no longer counts.</param>
/// <param name="Ids">
/// The id of each of the news, to be read from. A present state has one only at its end, or by itself if it is empty, so that half of it counts as nothing.
/// </param>
public sealed record PeerNewsBatch(bool IsPresentState, IReadOnlyList<PeerNews> News, IReadOnlyList<string> Ids);
