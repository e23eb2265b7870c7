using Npgsql;
using NpgsqlTypes;
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
}

internal sealed class AvatarWriter : AlongsideWriter<KeepAvatar>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, KeepAvatar row)
    {
        yield return row.Bytes is { } bytes
            ? new NpgsqlBatchCommand("insert into registry.avatars (portal_id, bytes) values ($1, $2) on conflict (portal_id) do update set bytes = $2")
            {
                Parameters = { new() { Value = portal.Value }, new() { Value = bytes, NpgsqlDbType = NpgsqlDbType.Bytea } },
            }
            : new NpgsqlBatchCommand("delete from registry.avatars where portal_id = $1") { Parameters = { new() { Value = portal.Value } } };
    }
}
