using System.Collections.Concurrent;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.EventStore;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>What brings a visit forward. What calls tell is gathered in memory and written once a second, so that it costs them nothing.</summary>
internal sealed class PeerWakes(NpgsqlDataSource database, PeerWorkerSignal signal, TimeProvider clock)
{
    private static readonly TimeSpan NoteAtMost = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForwardAtMost = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestateAtMost = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), DateTimeOffset> noted = [];
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), DateTimeOffset> heard = [];
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), bool> failed = [];

    public void Heard(PortalId portal, ShortId peer)
    {
        var now = clock.GetUtcNow();
        if (noted.TryGetValue((portal, peer), out var last) && now - last < NoteAtMost)
            return;

        noted[(portal, peer)] = now;
        heard[(portal, peer)] = now;
    }

    /// <summary>Writes down what calls brought since the last time. What cannot be written now is written the next time.</summary>
    public async Task NoteCalls(CancellationToken ct)
    {
        await Drain(heard, (key, at) => NoteHeard(key.Portal, key.Peer, at, ct));
        await Drain(failed, (key, refused) => refused ? Doubt(key.Portal, key.Peer, ct) : BringForward(key.Portal, key.Peer, ct));
    }

    /// <summary>The owner waits for no pause: neither for that after failures, nor for that before something is said again.</summary>
    public Task TryNow(PortalId portal, ShortId peer, CancellationToken ct) => Wake(
        """
        update registry.peer_contacts set meet_due_at = $3, next_attempt_at = $3, asked_at = $3, attempts = 0, failing_since = null, restated_at = null, wakes = wakes + 1,
            revision = greatest(revision + 1, (extract(epoch from $3::timestamptz) * 1000)::bigint)
        where portal_id = $1 and short_id = $2
        """,
        portal,
        peer,
        TimeSpan.Zero,
        ct);

    public void CallFailed(PortalId portal, ShortId peer, bool refused) => failed[(portal, peer)] = refused;

    public Task BringForward(PortalId portal, ShortId peer, CancellationToken ct) => Wake(
        """
        update registry.peer_contacts set meet_due_at = $3, next_attempt_at = $3, wakes = wakes + 1
        where portal_id = $1 and short_id = $2 and wanted = 'Offered' and (tried_at is null or tried_at <= $4)
        """,
        portal,
        peer,
        ForwardAtMost,
        ct);

    private Task Doubt(PortalId portal, ShortId peer, CancellationToken ct) => Wake(
        """
        update registry.peer_contacts set
            revision = greatest(revision + 1, (extract(epoch from $3::timestamptz) * 1000)::bigint),
            doubted = true, restated_at = $3, next_attempt_at = $3, wakes = wakes + 1
        where portal_id = $1 and short_id = $2 and wanted = 'Offered' and (restated_at is null or restated_at <= $4)
        """,
        portal,
        peer,
        RestateAtMost,
        ct);

    public void Nudge() => signal.Set();

    /// <summary>A peer that has become reachable again is visited at once if it waits. One that was removed meanwhile was not heard.</summary>
    private async Task NoteHeard(PortalId portal, ShortId peer, DateTimeOffset at, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update registry.peer_contacts set
                is_reachable = true, last_seen_at = greatest(last_seen_at, $3),
                next_attempt_at = case when attempts > 0 then $3 else next_attempt_at end,
                wakes = case when attempts > 0 then wakes + 1 else wakes end,
                attempts = 0, failing_since = null
            where portal_id = $1 and short_id = $2 and wanted = 'Offered'
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Time(at));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static async Task Drain<T>(ConcurrentDictionary<(PortalId Portal, ShortId Peer), T> notes, Func<(PortalId Portal, ShortId Peer), T, Task> write)
    {
        foreach (var (key, note) in notes)
        {
            if (!notes.TryRemove(KeyValuePair.Create(key, note)))
                continue;

            try
            {
                await write(key, note);
            }
            catch
            {
                notes.TryAdd(key, note);
                throw;
            }
        }
    }

    private async Task Wake(string statement, PortalId portal, ShortId peer, TimeSpan atMost, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand(statement);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now - atMost));
        if (await command.ExecuteNonQueryAsync(ct) > 0)
            signal.Set();
    }
}
