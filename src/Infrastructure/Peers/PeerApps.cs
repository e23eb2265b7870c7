using Marten;
using Npgsql;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

internal sealed class PeerApps(NpgsqlDataSource database) : IPeerApps
{
    public async Task<IReadOnlyDictionary<ShortId, IReadOnlySet<string>>> Find(
        PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select short_id, apps from registry.peer_apps where portal_id = $1 and short_id = any($2)");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Texts([.. peers.Select(peer => peer.Value)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<ShortId, IReadOnlySet<string>>();
        while (await reader.ReadAsync(ct))
        {
            if (ShortId.TryParse(reader.GetString(0), out var peer))
                found.Add(peer, reader.GetFieldValue<string[]>(1).ToHashSet(StringComparer.Ordinal));
        }

        return found;
    }

    /// <summary>Locks the contact, so that a concurrent removal either ends before this and is seen, or begins after this and deletes the row.</summary>
    public async Task Keep(PortalId portal, ShortId peer, IReadOnlyCollection<string>? apps, CancellationToken ct)
    {
        await using var command = database.CreateCommand(apps is null
            ? "delete from registry.peer_apps where portal_id = $1 and short_id = $2"
            : """
              insert into registry.peer_apps as a (portal_id, short_id, apps)
              select portal_id, short_id, $3 from registry.peer_contacts where portal_id = $1 and short_id = $2 and wanted = 'Offered' for share
              on conflict (portal_id, short_id) do update set apps = $3 where a.apps is distinct from $3
              """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(peer.Value));
        if (apps is not null)
            command.Parameters.Add(Sql.Texts([.. apps]));
        await command.ExecuteNonQueryAsync(ct);
    }

    public void Drop(IDocumentSession session, ShortId peer) => session.Queue(
        "delete from registry.peer_apps where portal_id = $1 and short_id = $2", session.Portal(), Sql.Text(peer.Value));
}
