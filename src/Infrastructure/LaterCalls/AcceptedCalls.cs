using System.Threading.Channels;
using Marten;
using Microsoft.Extensions.Hosting;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>
/// Writes accepted calls. Those that arrive while a transaction commits are written together by the next one, with one message for each queue, so many
/// calls a second cost few transactions. A caller is answered when its call is committed.
/// </summary>
internal sealed class AcceptedCalls(IDocumentStore store, NpgsqlDataSource database, Outbox outbox, RegistryOptions options, TimeProvider clock)
    : BackgroundService
{
    private const int MostTogether = 128;

    /// <summary>For how long a count of what is kept is used, so that not every transaction counts. What is deleted makes room after this time.</summary>
    private static readonly TimeSpan CountedFor = TimeSpan.FromSeconds(1);

    private readonly Channel<Arrival> arrivals = Channel.CreateBounded<Arrival>(MostTogether);
    private readonly Dictionary<PortalId, KeptCalls> kept = []; // used by the only reader of the channel, like what follows
    private Guid last;

    public async Task<Guid> Add(PortalId portal, DeferredRequest request, CancellationToken ct)
    {
        var arrival = new Arrival(portal, request, request.Fingerprint());
        await arrivals.Writer.WriteAsync(arrival, ct);
        return await arrival.Accepted.Task.WaitAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await arrivals.Reader.WaitToReadAsync(stoppingToken))
            {
                var together = new List<Arrival>();
                while (together.Count < MostTogether && arrivals.Reader.TryRead(out var arrival))
                    together.Add(arrival);
                await Write(together, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopped; the listeners were closed before
        }
    }

    private async Task Write(List<Arrival> together, CancellationToken ct)
    {
        try
        {
            await Store(together, ct);
        }
        catch (Exception) when (together.Count > 1 && !ct.IsCancellationRequested)
        {
            // One of them may be the cause, such as a key that another node has just stored.
            foreach (var alone in together.Where(arrival => !arrival.Accepted.Task.IsCompleted))
                await Write([alone], ct);
        }
        catch (Exception e)
        {
            together[0].Accepted.TrySetException(AppendFailures.Unwrapped(e));
            foreach (var other in together.Skip(1))
                other.Accepted.TrySetCanceled(ct);
        }
    }

    private async Task Store(List<Arrival> together, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var known = await Known(together, ct);
        await Count(together.Select(arrival => arrival.Portal).Distinct(), now, ct);
        var added = new List<Arrival>();
        foreach (var arrival in together)
        {
            var (app, bytes) = (arrival.Request.App, arrival.Request.Size);
            var key = (arrival.Portal, app, arrival.Request.Key);
            if (known.TryGetValue(key, out var earlier))
            {
                arrival.Take(earlier.Fingerprint, earlier.Id);
            }
            else if (kept[arrival.Portal].Refusal(options.Calls, app, bytes) is { } refusal)
            {
                arrival.Accepted.TrySetException(refusal);
            }
            else
            {
                kept[arrival.Portal].Add(app, bytes);
                arrival.Id = last = After(last);
                known.Add(key, (arrival.Id, arrival.Fingerprint));
                added.Add(arrival);
            }
        }

        if (added.Count == 0)
            return;

        await using var session = store.LightweightSession();
        foreach (var arrival in added)
            Insert(session, arrival, now);
        var queues = added.Select(arrival => new DeferredCallsDue(arrival.Portal, arrival.Request.App, arrival.Request.Peer)).Distinct();
        await outbox.Publish(session, queues.Select(queue => ((object)queue, TimeSpan.Zero)));
        await session.SaveChangesAsync(ct);
        foreach (var arrival in added)
            arrival.Accepted.TrySetResult(arrival.Id);
    }

    /// <summary>Makes an ID for a call that was accepted after another, in the same millisecond, too.</summary>
    private static Guid After(Guid last)
    {
        Guid id;
        do
            id = Guid.CreateVersion7();
        while (id.CompareTo(last) <= 0);
        return id;
    }

    private static void Insert(IDocumentSession session, Arrival arrival, DateTimeOffset now)
    {
        var request = arrival.Request;
        session.Queue(
            """
            insert into registry.deferred_calls
                (portal_id, id, app, peer, key, fingerprint, method, target, fields, body, bytes, state, accepted_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'Waiting', $12, $13)
            """,
            Sql.Text(arrival.Portal.Value),
            Sql.Uuid(arrival.Id),
            Sql.Text(request.App),
            Sql.Text(request.Peer.Value),
            Sql.Text(request.Key),
            Sql.Bytes(arrival.Fingerprint),
            Sql.Text(request.Method),
            Sql.Text(request.Target),
            Sql.Texts(DeferredColumns.Flat(request.Fields)),
            Sql.Bytes(request.Body),
            Sql.Bigint(request.Size),
            Sql.Time(now),
            Sql.Time(now + Deferral.Kept));
    }

    private async Task<Dictionary<(PortalId, string, string), (Guid Id, byte[] Fingerprint)>> Known(List<Arrival> together, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select portal_id, app, key, id, fingerprint from registry.deferred_calls
            where (portal_id, app, key) in (select * from unnest($1, $2, $3))
            """);
        command.Parameters.Add(Sql.Texts([.. together.Select(arrival => arrival.Portal.Value)]));
        command.Parameters.Add(Sql.Texts([.. together.Select(arrival => arrival.Request.App)]));
        command.Parameters.Add(Sql.Texts([.. together.Select(arrival => arrival.Request.Key)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var known = new Dictionary<(PortalId, string, string), (Guid, byte[])>();
        while (await reader.ReadAsync(ct))
            known.Add((PortalId.Parse(reader.GetString(0)), reader.GetString(1), reader.GetString(2)), (reader.GetGuid(3), reader.GetFieldValue<byte[]>(4)));
        return known;
    }

    private async Task Count(IEnumerable<PortalId> portals, DateTimeOffset now, CancellationToken ct)
    {
        var old = portals.Where(portal => !kept.TryGetValue(portal, out var counted) || now - counted.ReadAt > CountedFor).ToList();
        if (old.Count == 0)
            return;

        await using var command = database.CreateCommand(
            "select portal_id, app, count(*), sum(bytes)::bigint from registry.deferred_calls where portal_id = any($1) group by portal_id, app");
        command.Parameters.Add(Sql.Texts([.. old.Select(portal => portal.Value)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        foreach (var portal in old)
            kept[portal] = new KeptCalls(now);
        while (await reader.ReadAsync(ct))
            kept[PortalId.Parse(reader.GetString(0))].Add(reader.GetString(1), reader.GetInt64(3), reader.GetInt64(2));
    }

    private sealed record Arrival(PortalId Portal, DeferredRequest Request, byte[] Fingerprint)
    {
        public Guid Id { get; set; }

        public TaskCompletionSource<Guid> Accepted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Answers with the call that has the same key, if it is the same request.</summary>
        public void Take(byte[] fingerprint, Guid earlier)
        {
            if (fingerprint.AsSpan().SequenceEqual(Fingerprint))
                Accepted.TrySetResult(earlier);
            else
                Accepted.TrySetException(new RefusedException(
                    RefusalKind.Unprocessable, SignedAnswers.KeyReused, "Another call of this app has this key. A key belongs to one request."));
        }
    }
}
