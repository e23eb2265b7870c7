using Marten;
using Npgsql;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Finds contacts that are due and publishes a <see cref="ContactPeer"/> for many at once.</summary>
internal sealed class DueContacts(NpgsqlDataSource database, IDocumentStore store, Outbox outbox, TimeProvider clock)
{
    /// <returns>Null if the contact is not due.</returns>
    public async Task<WaitingContact?> Find(PortalId portal, ShortId peer, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select next_attempt_at, asked_at, claimed_until from registry.peer_contacts where portal_id = $1 and short_id = $2 and next_attempt_at <= $3");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new WaitingContact(portal, peer, reader.Time(0)!.Value, reader.Time(1), reader.Time(2)) : null;
    }

    /// <summary>Publishes a message for each of the Portal's contacts that is due, in one transaction.</summary>
    public async Task Publish(PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select portal_id, short_id, next_attempt_at from registry.peer_contacts where portal_id = $1 and next_attempt_at <= $2 order by next_attempt_at");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow()));
        await Publish(command, ct);
    }

    /// <summary>
    /// Publishes, in one transaction, a message for every contact with a schedule that was never contacted, since an import stores no messages; and for every
    /// other one if no message is stored at all, as on the first start after an update from a version without messages. A second message does no harm.
    /// </summary>
    public async Task PublishUnlessStored(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select portal_id, short_id, next_attempt_at from registry.peer_contacts
            where next_attempt_at is not null
                and (contacted_at is null or not exists (select from registry.wolverine_incoming_envelopes where status <> 'Handled'))
            """);
        await Publish(command, ct);
    }

    private async Task Publish(NpgsqlCommand query, CancellationToken ct)
    {
        var found = new List<(object, TimeSpan)>();
        var now = clock.GetUtcNow();
        await using (var reader = await query.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
                found.Add((new ContactPeer(PortalId.Parse(reader.GetString(0)), reader.Short(1)), reader.Time(2)!.Value - now));
        }

        await using var session = store.LightweightSession();
        await outbox.Publish(session, found);
        await session.SaveChangesAsync(ct);
    }
}
