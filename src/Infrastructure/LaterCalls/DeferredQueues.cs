using System.Security.Cryptography;
using Marten;
using Npgsql;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>Tables <c>deferred_queues</c> and <c>deferred_calls</c> as deliveries use them.</summary>
internal sealed class DeferredQueues(NpgsqlDataSource database, IDocumentStore store, Outbox outbox, TimeProvider clock) : IDeferredQueues
{
    /// <summary>How long a claim lasts if its process dies: longer than one attempt takes at most. It is renewed before each.</summary>
    private static readonly TimeSpan ClaimLife = TimeSpan.FromMinutes(2);

    /// <summary>One statement, because several nodes may find the same queue due and one of them must get it.</summary>
    public async Task<QueueClaim> Claim(DeferredCallsDue queue, DateTimeOffset now, CancellationToken ct)
    {
        var token = new Guid(RandomNumberGenerator.GetBytes(16));
        await using var command = Of(
            """
            insert into registry.deferred_queues as q (portal_id, app, peer, claim, claimed_until)
            select $1, $2, $3, $4, $6 where exists
                (select from registry.deferred_calls where portal_id = $1 and app = $2 and peer = $3 and state = 'Waiting')
            on conflict (portal_id, app, peer) do update set claim = $4, claimed_until = $6
            where (q.claimed_until is null or q.claimed_until <= $5) and (q.next_attempt_at is null or q.next_attempt_at <= $5)
            returning failures
            """,
            queue);
        command.Parameters.Add(Sql.Uuid(token));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now + ClaimLife));
        if (await command.ExecuteScalarAsync(ct) is int failures)
            return new(token, failures, ClaimedUntil: null);

        await using var ask = Of(
            "select claimed_until from registry.deferred_queues where portal_id = $1 and app = $2 and peer = $3 and claimed_until > $4", queue);
        ask.Parameters.Add(Sql.Time(now));
        await using var reader = await ask.ExecuteReaderAsync(ct);
        return new(null, 0, await reader.ReadAsync(ct) ? reader.Time(0) : null);
    }

    public async Task<IReadOnlyList<WaitingCall>> Next(DeferredCallsDue queue, Guid token, int atMost, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = Of(
            """
            with held as (
                update registry.deferred_queues set claimed_until = $5
                where portal_id = $1 and app = $2 and peer = $3 and claim = $4 returning claim)
            select c.id, c.key, c.method, c.target, c.fields, c.body, c.expires_at from registry.deferred_calls c, held
            where c.portal_id = $1 and c.app = $2 and c.peer = $3 and c.state = 'Waiting'
            order by c.set_back, c.position limit $6
            """,
            queue);
        command.Parameters.Add(Sql.Uuid(token));
        command.Parameters.Add(Sql.Time(now + ClaimLife));
        command.Parameters.Add(Sql.Bigint(atMost));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<WaitingCall>();
        while (await reader.ReadAsync(ct))
        {
            found.Add(new WaitingCall(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), DeferredColumns.Fields(reader, 4),
                reader.GetFieldValue<byte[]>(5), reader.Time(6)!.Value));
        }

        return found;
    }

    public async Task End(DeferredCallsDue queue, IReadOnlyCollection<EndedAttempt> attempts, DateTimeOffset now, CancellationToken ct)
    {
        if (attempts.Count == 0)
            return;

        await using var session = store.LightweightSession(queue.Portal.Value);
        foreach (var (call, outcome) in attempts)
        {
            session.Queue(
                """
                update registry.deferred_calls
                set state = $3, reason = $4, ended_at = $5, expires_at = $6, status = $7, answer_fields = $8, answer = $9, receipt = $10,
                    attempts = attempts + 1, fields = '{}', body = null, bytes = $11
                where portal_id = $1 and id = $2 and state = 'Waiting'
                """,
                session.Portal(),
                Sql.Uuid(call),
                Sql.Text(outcome.State.ToString()),
                Sql.Text(outcome.Reason),
                Sql.Time(now),
                Sql.Time(now + Deferral.Kept),
                Sql.BigintOrNull(outcome.Status),
                Sql.Texts(DeferredColumns.Flat(outcome.Fields)),
                Sql.BytesOrNull(outcome.Body),
                Sql.Json(DeferredColumns.Json(outcome.Receipt)),
                Sql.Bigint(outcome.Body?.Length ?? 0));
        }

        session.Queue(
            "update registry.deferred_queues set failures = 0, next_attempt_at = null where portal_id = $1 and app = $2 and peer = $3 and failures > 0",
            Keys(queue));
        await session.SaveChangesAsync(ct);
    }

    public async Task Postpone(
        DeferredCallsDue queue, Guid token, IReadOnlyCollection<EndedAttempt> attempts, int failures, DateTimeOffset next, CancellationToken ct)
    {
        await using var session = store.LightweightSession(queue.Portal.Value);
        foreach (var (call, outcome) in attempts)
        {
            session.Queue(
                "update registry.deferred_calls set attempts = attempts + 1, set_back = set_back + $3, reason = $4 where portal_id = $1 and id = $2 and state = 'Waiting'",
                session.Portal(),
                Sql.Uuid(call),
                Sql.Bigint(outcome.SetsBack ? 1 : 0),
                Sql.Text(outcome.Reason));
        }

        session.Queue(
            """
            update registry.deferred_queues set failures = $5, next_attempt_at = $6, claim = null, claimed_until = null
            where portal_id = $1 and app = $2 and peer = $3 and claim = $4
            """,
            [.. Keys(queue), Sql.Uuid(token), Sql.Bigint(failures), Sql.Time(next)]);
        await outbox.Publish(session, queue, next - clock.GetUtcNow());
        await session.SaveChangesAsync(ct);
    }

    public async Task Yield(DeferredCallsDue queue, Guid token, CancellationToken ct)
    {
        await using var session = store.LightweightSession(queue.Portal.Value);
        session.Queue(
            "update registry.deferred_queues set claim = null, claimed_until = null where portal_id = $1 and app = $2 and peer = $3 and claim = $4",
            [.. Keys(queue), Sql.Uuid(token)]);
        await outbox.Publish(session, queue);
        await session.SaveChangesAsync(ct);
    }

    /// <summary>
    /// One statement, because a call that is accepted meanwhile must not be left behind: either it is seen here, or its message finds the queue free.
    /// </summary>
    public async Task<bool> Release(DeferredCallsDue queue, Guid token, CancellationToken ct)
    {
        await using var command = Of(
            """
            delete from registry.deferred_queues
            where portal_id = $1 and app = $2 and peer = $3 and claim = $4
                and not exists (select from registry.deferred_calls where portal_id = $1 and app = $2 and peer = $3 and state = 'Waiting')
            returning true
            """,
            queue);
        command.Parameters.Add(Sql.Uuid(token));
        if (await command.ExecuteScalarAsync(ct) is true)
            return true;

        await using var ask = Of("select true from registry.deferred_queues where portal_id = $1 and app = $2 and peer = $3 and claim = $4", queue);
        ask.Parameters.Add(Sql.Uuid(token));
        return await ask.ExecuteScalarAsync(ct) is not true; // somebody else has claimed it since
    }

    public async Task Drop(DeferredCallsDue queue, CancellationToken ct)
    {
        await using var command = Of(
            """
            with dropped as (delete from registry.deferred_calls where portal_id = $1 and app = $2 and peer = $3)
            delete from registry.deferred_queues where portal_id = $1 and app = $2 and peer = $3
            """,
            queue);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Of(string sql, DeferredCallsDue queue)
    {
        var command = database.CreateCommand(sql);
        foreach (var key in Keys(queue))
            command.Parameters.Add(key);
        return command;
    }

    private static NpgsqlParameter[] Keys(DeferredCallsDue queue) =>
        [Sql.Text(queue.Portal.Value), Sql.Text(queue.App), Sql.Text(queue.Peer.Value)];
}
