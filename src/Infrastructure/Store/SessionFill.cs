using System.Collections.Frozen;
using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Puts the events of an append, the read-model rows that follow from them and what goes alongside into one session.</summary>
internal sealed class SessionFill(IEnumerable<IAlongsideWriter> writers)
{
    private readonly FrozenDictionary<Type, IAlongsideWriter> writers = writers.ToFrozenDictionary(writer => writer.Row);

    public void Fill(IDocumentSession session, Changes changes, EventMetadata origin, IReadOnlyList<FoldedRow> rows)
    {
        session.CorrelationId = origin.CorrelationId;
        session.CausationId = origin.CausationId;
        session.SetHeader(EventMetadata.ActorHeader, origin.Actor.Value);
        if (origin.Reason is not null)
            session.SetHeader(EventMetadata.ReasonHeader, origin.Reason);

        var sorted = Sorted(changes);
        foreach (var change in sorted)
        {
            var appended = session.Events.Append(change.Stream, change.ExpectedVersion + change.Events.Count, change.Events);
            foreach (var e in appended.Events)
                e.Timestamp = origin.At;
            if (change == sorted[0])
                appended.Events[0].Id = origin.FirstEvent;
        }

        foreach (var row in rows)
            session.QueueOperation(new StatementOperation(row.Model.Upsert(changes.Portal, row)));
        AddAlongside(session, changes.Portal, changes.Alongside);
    }

    /// <summary>The order in which streams are locked, so that appends to several streams cannot lock each other out.</summary>
    public static IReadOnlyList<StreamChange> Sorted(Changes changes) => changes.Streams.Count == 1
        ? changes.Streams
        : [.. changes.Streams.OrderBy(change => change.Stream, StringComparer.Ordinal)];

    /// <exception cref="InvalidOperationException">A kind of row has no writer.</exception>
    public void AddAlongside(IDocumentSession session, PortalId portal, IReadOnlyList<IAlongside> alongside)
    {
        foreach (var row in alongside)
        {
            var writer = writers.GetValueOrDefault(row.GetType())
                ?? throw new InvalidOperationException($"{row.GetType().FullName} has no writer.");
            foreach (var command in writer.Write(portal, row))
                session.QueueOperation(new StatementOperation(command));
        }

        if (CredentialRows.Change(alongside))
            session.QueueOperation(new StatementOperation(CredentialRows.NextRevision(portal)));
    }
}
