using Marten;
using Marten.Exceptions;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// Table <c>peer_contacts</c>. What follows from a contact is decided by <see cref="Contact"/>; the statements load it, and store it if
/// its row still has the version that was loaded.
/// </summary>
internal sealed class PeerContacts(
    NpgsqlDataSource database, IDocumentStore store, Outbox outbox, DueContacts due, CallReports calls, PortalChanges changes, TimeProvider clock)
    : IPeerContacts, IPeerings
{
    /// <summary>How long a claim lasts if its process dies: longer than the four messages of one contact take at most.</summary>
    private static readonly TimeSpan ClaimLife = TimeSpan.FromSeconds(90);

    /// <summary>How long a change of what peers may use waits for further changes.</summary>
    private static readonly TimeSpan BeforeRestating = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyDictionary<ShortId, PeerContact>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {ContactRows.Columns}, contacted_at, short_id from registry.peer_contacts where portal_id = $1 and short_id = any($2)");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Texts([.. peers.Select(p => p.Value)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<ShortId, PeerContact>();
        while (await reader.ReadAsync(ct))
            found.Add(reader.Short(21), PeerContact.Of(ContactRows.Read(reader)));
        return found;
    }

    public async Task<IReadOnlyList<ShortId>> FindTroubled(PortalId portal, DateTimeOffset before, int atMost, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select short_id from registry.peer_contacts
            where portal_id = $1 and wanted = 'Offered' and error_code is not null
                and (failing_since < $2 or error_code in ('identity_refused', 'key_mismatch', 'domain_mismatch'))
            order by short_id limit $3
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Time(before));
        command.Parameters.Add(Sql.Bigint(atMost));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<ShortId>();
        while (await reader.ReadAsync(ct))
            found.Add(reader.Short(0));
        return found;
    }

    public Task<IReadOnlyDictionary<ShortId, DateTimeOffset>> LastSeen(PortalId portal, CancellationToken ct) =>
        Known<DateTimeOffset>("select short_id, last_seen_at from registry.peer_contacts where portal_id = $1 and last_seen_at is not null", portal, ct);

    public Task<IReadOnlyDictionary<ShortId, bool>> FindReachable(PortalId portal, CancellationToken ct) =>
        Known<bool>("select short_id, is_reachable from registry.peer_contacts where portal_id = $1 and is_reachable is not null", portal, ct);

    /// <summary>One statement, because several nodes may find the same contact due and one of them must get it.</summary>
    public async Task<ContactClaim> Claim(PortalId portal, ShortId peer, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
            update registry.peer_contacts set claimed_until = $4, contacted_at = $3
            where portal_id = $1 and short_id = $2 and next_attempt_at <= $3 and (claimed_until is null or claimed_until <= $3)
            returning {ContactRows.Columns}, contacted_at
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now + ClaimLife));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (await reader.ReadAsync(ct))
            return new(ContactRows.Read(reader), ClaimedUntil: null);

        return new(Contact: null, await due.Find(portal, peer, ct) is { } claimed ? claimed.ClaimedUntil ?? now : null);
    }

    public Task Finish(PortalId portal, ShortId peer, Func<Contact, Contact> decide, CancellationToken ct) =>
        Store(portal, peer, decide, "claimed_until = null, ", ct);

    public Task Change(PortalId portal, ShortId peer, Func<Contact, Contact> decide, CancellationToken ct) => Store(portal, peer, decide, "", ct);

    public async Task<StoredContact> Load(PortalId portal, ShortId peer, CancellationToken ct) =>
        await Read(portal, peer, ct) ?? new StoredContact(Contact.Initial, 0);

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

    public async Task Store(IDocumentSession session, ShortId peer, Contact contact, long expectedVersion)
    {
        Queue(session, peer, contact, expectedVersion);
        if (contact.NextAttemptAt is not null)
            await outbox.Publish(session, new ContactPeer(PortalId.Parse(session.TenantId), peer));
    }

    public void StoreForNextStart(IDocumentSession session, ShortId peer, Contact contact) => Queue(session, peer, contact, expectedVersion: 0);

    private static void Queue(IDocumentSession session, ShortId peer, Contact contact, long expectedVersion) =>
        session.Queue(
            $"""
            insert into registry.peer_contacts as c (portal_id, short_id, {ContactRows.Columns}, version)
            values ($1, $2, {ContactRows.Parameters}, 1)
            on conflict (portal_id, short_id) do update set
                ({ContactRows.Columns}) = row({ContactRows.Parameters}),
                version = case c.version when $23 then c.version + 1 else registry.stale_version() end
            """,
            [.. ContactRows.Values(PortalId.Parse(session.TenantId), peer, contact, expectedVersion)]);

    /// <summary>
    /// One statement for all contacts of a Portal, because it belongs to the transaction that changes the profile and an owner may have
    /// thousands. The new revision is that of <see cref="Contact.Revision"/>.
    /// </summary>
    public Task RestateAll(IDocumentSession session, DateTimeOffset now)
    {
        session.Queue(
            """
            update registry.peer_contacts
            set revision = greatest(revision + 1, $2), next_attempt_at = least(next_attempt_at, $3), schedule = schedule + 1, version = version + 1
            where portal_id = $1 and wanted = 'Offered' and delivered > 0
            """,
            session.Portal(),
            Sql.Bigint(now.ToUnixTimeMilliseconds()),
            Sql.Time(now));
        return outbox.Publish(session, new ContactDuePeers(PortalId.Parse(session.TenantId)));
    }

    public async Task Restate(IDocumentSession session, IReadOnlyCollection<ShortId> peers, DateTimeOffset now)
    {
        if (peers.Count == 0)
            return;

        var soon = now + BeforeRestating;
        session.Queue(
            """
            update registry.peer_contacts
            set revision = greatest(revision + 1, $2), next_attempt_at = least(next_attempt_at, $3), schedule = schedule + 1, version = version + 1
            where portal_id = $1 and wanted = 'Offered' and delivered > 0 and short_id = any($4)
            """,
            session.Portal(),
            Sql.Bigint(now.ToUnixTimeMilliseconds()),
            Sql.Time(soon),
            Sql.Texts([.. peers.Select(peer => peer.Value)]));
        await outbox.Publish(session, new ContactDuePeers(PortalId.Parse(session.TenantId)), BeforeRestating);
    }

    /// <summary>One statement, because it locks the row, so that a newer notice cannot be taken before this transaction is over.</summary>
    public void RequireRevision(IDocumentSession session, ShortId peer, long revision) => session.Queue(
        """
        update registry.peer_contacts set taken = case taken when $3 then taken else registry.stale_version() end
        where portal_id = $1 and short_id = $2
        """,
        session.Portal(),
        Sql.Text(peer.Value),
        Sql.Bigint(revision));

    public void ForgetTaken(IDocumentSession session, ShortId peer) => session.Queue(
        """
        update registry.peer_contacts set taken = 0, taken_wish = null, is_reachable = null, last_seen_at = null, version = version + 1
        where portal_id = $1 and short_id = $2
        """,
        session.Portal(),
        Sql.Text(peer.Value));

    public void Drop(IDocumentSession session, ShortId peer) => session.Queue(
        "delete from registry.peer_contacts where portal_id = $1 and short_id = $2", session.Portal(), Sql.Text(peer.Value));

    public void Heard(PortalId portal, ShortId peer) => calls.Heard(portal, peer);

    public void CallFailed(PortalId portal, ShortId peer, bool refused) => calls.Failed(portal, peer, refused);

    /// <param name="sql">Selects each peer with one value, of the Portal <c>$1</c>.</param>
    private async Task<IReadOnlyDictionary<ShortId, T>> Known<T>(string sql, PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(Sql.Text(portal.Value));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var known = new Dictionary<ShortId, T>();
        while (await reader.ReadAsync(ct))
            known.Add(reader.Short(0), reader.GetFieldValue<T>(1));
        return known;
    }

    /// <param name="also">A constant assignment beside the contact's own columns, with its comma.</param>
    private async Task Store(PortalId portal, ShortId peer, Func<Contact, Contact> decide, string also, CancellationToken ct)
    {
        while (await Read(portal, peer, ct) is { } stored)
        {
            var contact = decide(stored.Contact);
            if (also.Length == 0 && contact == stored.Contact)
                return;

            await using var session = store.LightweightSession(portal.Value);
            session.Queue(
                $"""
                update registry.peer_contacts set {also}({ContactRows.Columns}) = row({ContactRows.Parameters}),
                    version = case version when $23 then version + 1 else registry.stale_version() end
                where portal_id = $1 and short_id = $2
                """,
                [.. ContactRows.Values(portal, peer, contact, stored.Version)]);
            if (contact.NextAttemptAt is { } next && (also.Length > 0 || contact.Schedule != stored.Contact.Schedule))
                await outbox.Publish(session, new ContactPeer(portal, peer), next - clock.GetUtcNow());
            try
            {
                await session.SaveChangesAsync(ct);
                if (PeerContact.Of(contact) != PeerContact.Of(stored.Contact))
                    changes.Changed(portal);
                return;
            }
            catch (MartenCommandException e) when (AppendFailures.MeansStale(e))
            {
                // The row was changed meanwhile.
            }
        }
    }

    private async Task<StoredContact?> Read(PortalId portal, ShortId peer, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {ContactRows.Columns}, contacted_at, version from registry.peer_contacts where portal_id = $1 and short_id = $2");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new StoredContact(ContactRows.Read(reader), reader.GetInt64(21)) : null;
    }
}
