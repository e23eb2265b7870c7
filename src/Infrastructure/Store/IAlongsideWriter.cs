using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Turns one kind of <see cref="IAlongside"/> row into statements. Derive from <see cref="AlongsideWriter{TRow}"/>.</summary>
internal interface IAlongsideWriter
{
    Type Row { get; }

    IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, IAlongside row);
}

internal abstract class AlongsideWriter<TRow> : IAlongsideWriter
    where TRow : IAlongside
{
    Type IAlongsideWriter.Row => typeof(TRow);

    IEnumerable<NpgsqlBatchCommand> IAlongsideWriter.Write(PortalId portal, IAlongside row) => Write(portal, (TRow)row);

    /// <summary>
    /// New commands each time (a retry sends them again), with positional parameters ($1, $2) and a constant text, so that
    /// they are prepared. They run after the events are written, in the same transaction; an error undoes all of it.
    /// </summary>
    protected abstract IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, TRow row);
}
