using Marten;
using Npgsql;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Portals;

internal sealed class Avatars(NpgsqlDataSource database) : IAvatars
{
    public async Task<byte[]?> Read(PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select bytes from registry.avatars where portal_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = portal.Value });
        return (byte[]?)await command.ExecuteScalarAsync(ct);
    }

    public void Keep(IDocumentSession session, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is { } kept)
        {
            session.Queue(
                "insert into registry.avatars (portal_id, bytes) values ($1, $2) on conflict (portal_id) do update set bytes = $2",
                session.Portal(),
                Sql.Bytes(kept.ToArray()));
        }
        else
        {
            session.Queue("delete from registry.avatars where portal_id = $1", session.Portal());
        }
    }
}
