using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Audit;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Tests;

/// <param name="ExpectedVersion">0: the stream must not exist yet.</param>
internal sealed record StreamChange(string Stream, long ExpectedVersion, IReadOnlyList<DomainEvent> Events);

/// <summary>What a test puts into one session.</summary>
internal sealed record Changes(PortalId Portal, Actor Actor, IReadOnlyList<StreamChange> Streams)
{
    public string? Reason { get; init; }

    public Action<IDocumentSession>? Beside { get; init; }
}

/// <summary>
/// Sessions as the pipeline of commands commits them, with versions that the test states and without another try when another writer was first.
/// </summary>
internal sealed class TestStore(IServiceProvider services)
{
    /// <returns>The new version of each stream, in the order given.</returns>
    public Task<IReadOnlyList<long>> Append(Changes changes, CancellationToken ct) => services.GetRequiredService<Commits>().Run<IReadOnlyList<long>>(
        changes.Portal,
        new CurrentActor { Actor = changes.Actor, Reason = changes.Reason },
        session =>
        {
            foreach (var change in changes.Streams.OrderBy(change => change.Stream, StringComparer.Ordinal))
                session.Events.Append(change.Stream, change.ExpectedVersion + change.Events.Count, change.Events);
            changes.Beside?.Invoke(session);
            return Task.FromResult<IReadOnlyList<long>>([.. changes.Streams.Select(change => change.ExpectedVersion + change.Events.Count)]);
        },
        ct,
        maxRaces: 1);

    public Task Write(PortalId portal, Action<ICredentials, IDocumentSession> write, CancellationToken ct) =>
        Append(new Changes(portal, Actor.System, []) { Beside = session => write(services.GetRequiredService<ICredentials>(), session) }, ct);

    public Task<IReadOnlyList<Recorded>> ReadStream(PortalId portal, string stream, CancellationToken ct) =>
        new History(services.GetRequiredService<NpgsqlDataSource>(), services.GetRequiredService<EventRows>())
            .Later(portal, new HistoryFilter(stream), 0, int.MaxValue, ct);

    public IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct) => services.GetRequiredService<IEventFeed>().Subscribe(after, ct);
}
