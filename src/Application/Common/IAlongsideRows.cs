using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>Rows with no event behind them: a session issued, an offer kept.</summary>
public interface IAlongsideRows
{
    /// <summary>
    /// Writes all of them in one transaction and one round trip. When it returns, the snapshot of this node shows the
    /// credentials that it changed; other nodes hear of them.
    /// </summary>
    Task Write(PortalId portal, IReadOnlyList<IAlongside> rows, CancellationToken ct);
}
