using Npgsql;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.EventStore;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Table <c>peer_contacts</c>. Its wanted states are written by <see cref="WantPeeringWriter"/>, with the events.</summary>
internal sealed class PeerContacts(NpgsqlDataSource database, PeerWakes wakes) : IPeerContacts
{
    /// <summary>How long a claim lasts if its process dies: longer than the two messages of one contact take at most.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(90);

    public async Task<IReadOnlyDictionary<ShortId, PeerContact>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select short_id, revision > delivered, is_reachable, last_seen_at, next_attempt_at, error_code, error_detail, error_at
            from registry.peer_contacts where portal_id = $1 and short_id = any($2)
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Texts([.. peers.Select(p => p.Value)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<ShortId, PeerContact>();
        while (await reader.ReadAsync(ct))
        {
            var error = reader.TextOrNull(5) is { } code ? new ContactError(code, reader.GetString(6), reader.Time(7)!.Value) : null;
            found.Add(reader.Short(0), new PeerContact(reader.GetBoolean(1), reader.BooleanOrNull(2), reader.Time(3), reader.Time(4), error));
        }

        return found;
    }

    public async Task<IReadOnlyList<WaitingContact>> FindDue(IReadOnlyCollection<PortalId> portals, DateTimeOffset now, int atMost, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select waiting.* from unnest($1) as portal(id) cross join lateral (
                (select portal_id, short_id, next_attempt_at, asked_at from registry.peer_contacts
                 where portal_id = portal.id and next_attempt_at <= $2 and (leased_until is null or leased_until <= $2)
                 order by next_attempt_at limit $3)
                union
                (select portal_id, short_id, next_attempt_at, asked_at from registry.peer_contacts
                 where portal_id = portal.id and asked_at is not null and next_attempt_at <= $2 and (leased_until is null or leased_until <= $2)
                 order by asked_at desc limit $3)
            ) waiting
            """);
        command.Parameters.Add(Sql.Texts([.. portals.Select(portal => portal.Value)]));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Bigint(atMost));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var due = new List<WaitingContact>();
        while (await reader.ReadAsync(ct))
            due.Add(new WaitingContact(PortalId.Parse(reader.GetString(0)), reader.Short(1), reader.Time(2)!.Value, reader.Time(3)));
        return due;
    }

    /// <summary>One statement, because several nodes may find the same contact due and one of them must get it.</summary>
    public async Task<DueContact?> Claim(PortalId portal, ShortId peer, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            update registry.peer_contacts set leased_until = $4, tried_at = $3
            where portal_id = $1 and short_id = $2 and next_attempt_at <= $3 and (leased_until is null or leased_until <= $3)
            returning wanted, revision, delivered, domain, key_pem, invite, meet_due_at, doubted, restated_at, attempts, failing_since, wakes
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now + Lease));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct)
            ? new DueContact(
                portal, peer, Enum.Parse<WantedPeering>(reader.GetString(0)), reader.GetInt64(1), reader.GetInt64(2), reader.TextOrNull(3),
                reader.TextOrNull(4) is { } pem ? PublicKey.Parse(pem) : null, reader.TextOrNull(5), reader.Time(6), reader.GetBoolean(7), reader.Time(8),
                reader.GetInt32(9), reader.Time(10), reader.GetInt64(11))
            : null;
    }

    public async Task Finish(ContactOutcome outcome, CancellationToken ct)
    {
        var due = outcome.Due;
        await using var command = database.CreateCommand(
            """
            update registry.peer_contacts set
                leased_until = null,
                is_reachable = case when wanted = 'Withdrawn' then is_reachable when $4 then true when $12 >= 2 then false else is_reachable end,
                last_seen_at = case when $4 and wanted = 'Offered' then $3 else last_seen_at end,
                delivered = greatest(delivered, coalesce($6, delivered)),
                invite = case when delivered < coalesce($6, delivered) and wakes = $15 then null else invite end,
                revision = case
                    when $9 then greatest(revision + 1, $7 + 1, (extract(epoch from $3::timestamptz) * 1000)::bigint)
                    when wanted = 'Withdrawn' and $7 > coalesce($6, 0) then greatest(revision, $7) + 1
                    else greatest(revision, $7) end,
                error_code = case when wakes = $15 then $10 else error_code end,
                error_detail = case when wakes = $15 then $11 else error_detail end,
                error_at = case when wakes <> $15 then error_at when $10 is null then null else $3 end,
                restated_at = case when $9 and wakes = $15 then coalesce($14, $3) else restated_at end,
                doubted = case when wakes = $15 then $8 else doubted end,
                meet_due_at = case when wakes = $15 then coalesce($5, meet_due_at) else meet_due_at end,
                attempts = case when wakes = $15 then $12 else attempts end,
                failing_since = case when wakes = $15 then $13 else failing_since end,
                asked_at = case when wakes = $15 then null else asked_at end,
                next_attempt_at = case when wakes = $15 then $14 else next_attempt_at end
            where portal_id = $1 and short_id = $2
            """);
        command.Parameters.Add(Sql.Text(due.Portal.Value));
        command.Parameters.Add(Sql.Text(due.Peer.Value));
        command.Parameters.Add(Sql.Time(outcome.At));
        command.Parameters.Add(Sql.Boolean(outcome.Heard));
        command.Parameters.Add(Sql.Time(outcome.MeetDueAt));
        command.Parameters.Add(Sql.BigintOrNull(outcome.Delivered));
        command.Parameters.Add(Sql.BigintOrNull(outcome.RevisionAtLeast));
        command.Parameters.Add(Sql.Boolean(outcome.Doubted));
        command.Parameters.Add(Sql.Boolean(outcome.Restate));
        command.Parameters.Add(Sql.Text(outcome.Error?.Code));
        command.Parameters.Add(Sql.Text(outcome.Error?.Detail));
        command.Parameters.Add(Sql.Bigint(outcome.Attempts));
        command.Parameters.Add(Sql.Time(outcome.FailingSince));
        command.Parameters.Add(Sql.Time(outcome.NextAttemptAt));
        command.Parameters.Add(Sql.Bigint(due.Wakes));
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>One statement, because notices of one peer may arrive at the same instant and the highest revision must win.</summary>
    public async Task<TakenNotice> Take(PortalId portal, ShortId peer, long revision, WantedPeering wish, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into registry.peer_contacts as c (portal_id, short_id, wanted, taken, taken_wish) values ($1, $2, 'Offered', $3, $4)
            on conflict (portal_id, short_id) do update set
                taken = greatest(c.taken, $3),
                taken_wish = case when $3 > c.taken or c.taken_wish is null then $4 else c.taken_wish end
            returning taken, taken_wish
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Bigint(revision));
        command.Parameters.Add(Sql.Text(wish.ToString()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new TakenNotice(reader.GetInt64(0), Enum.Parse<WantedPeering>(reader.GetString(1)));
    }

    public void Heard(PortalId portal, ShortId peer) => wakes.Heard(portal, peer);

    public Task TryNow(PortalId portal, ShortId peer, CancellationToken ct) => wakes.TryNow(portal, peer, ct);

    public Task BringForward(PortalId portal, ShortId peer, CancellationToken ct) => wakes.BringForward(portal, peer, ct);

    public void CallFailed(PortalId portal, ShortId peer, bool refused) => wakes.CallFailed(portal, peer, refused);

    public void Nudge() => wakes.Nudge();
}
