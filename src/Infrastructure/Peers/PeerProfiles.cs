using Marten;
using Npgsql;
using NpgsqlTypes;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

internal sealed class PeerProfiles(NpgsqlDataSource database, PortalChanges changes) : IPeerProfiles
{
    public async Task<PeerProfile> Find(PortalId portal, ShortId peer, CancellationToken ct)
    {
        await using var command = Command(
            "select description, picture is not null, picture_etag from registry.peer_profiles where portal_id = $1 and short_id = $2", portal, peer);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new PeerProfile(reader.TextOrNull(0), reader.GetBoolean(1), reader.TextOrNull(2)) : PeerProfile.None;
    }

    public async Task<IReadOnlySet<ShortId>> WithPicture(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select short_id from registry.peer_profiles where portal_id = $1 and short_id = any($2) and picture is not null");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Texts([.. peers.Select(p => p.Value)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var pictured = new HashSet<ShortId>();
        while (await reader.ReadAsync(ct))
            pictured.Add(reader.Short(0));
        return pictured;
    }

    public async Task<byte[]?> ReadPicture(PortalId portal, ShortId peer, CancellationToken ct)
    {
        await using var command = Command("select picture from registry.peer_profiles where portal_id = $1 and short_id = $2", portal, peer);
        return await command.ExecuteScalarAsync(ct) as byte[];
    }

    /// <summary>Locks the contact, so that a concurrent removal either ends before this and is seen, or begins after this and deletes the row.</summary>
    public async Task KeepDescription(PortalId portal, ShortId peer, string? description, CancellationToken ct)
    {
        await using var command = Command(
            """
            insert into registry.peer_profiles as p (portal_id, short_id, description)
            select portal_id, short_id, $3 from registry.peer_contacts where portal_id = $1 and short_id = $2 and wanted = 'Offered' for share
            on conflict (portal_id, short_id) do update set description = $3 where p.description is distinct from $3
            """,
            portal,
            peer);
        command.Parameters.Add(Sql.Text(description));
        if (await command.ExecuteNonQueryAsync(ct) > 0)
            changes.Changed(portal);
    }

    public async Task KeepPicture(PortalId portal, ShortId peer, byte[]? picture, string? tag, CancellationToken ct)
    {
        await using var command = Command(
            "update registry.peer_profiles set picture = $3, picture_etag = $4 where portal_id = $1 and short_id = $2", portal, peer);
        command.Parameters.Add(new NpgsqlParameter { Value = picture ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bytea });
        command.Parameters.Add(Sql.Text(tag));
        if (await command.ExecuteNonQueryAsync(ct) > 0)
            changes.Changed(portal);
    }

    public void Drop(IDocumentSession session, ShortId peer) => session.Queue(
        "delete from registry.peer_profiles where portal_id = $1 and short_id = $2", session.Portal(), Sql.Text(peer.Value));

    private NpgsqlCommand Command(string statement, PortalId portal, ShortId peer)
    {
        var command = database.CreateCommand(statement);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        return command;
    }
}
