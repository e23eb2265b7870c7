using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// Whether this node may decide by its <see cref="IPortalSnapshots"/>. With <c>Cluster__Enabled</c> another node may have changed
/// something, so a snapshot counts only if a look at the database that began within the last second has confirmed it. A node that was
/// paused, or is cut off from the database, has no such look. A single node is the only writer, so its snapshots are always current.
/// </summary>
public interface ISnapshotTrust
{
    bool Holds { get; }

    /// <summary>Completes at once if the snapshots are confirmed, else after the next look at the database.</summary>
    /// <exception cref="RefusedException"><c>database_unavailable</c>: no look succeeded in time.</exception>
    ValueTask Require(CancellationToken ct);
}
