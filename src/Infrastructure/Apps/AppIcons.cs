using Marten;
using Npgsql;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Apps;

internal sealed class AppIcons(NpgsqlDataSource database) : IAppIcons
{
    public async Task<byte[]?> Read(PortalId portal, string app, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select bytes from registry.app_icons where portal_id = $1 and app = $2");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        return (byte[]?)await command.ExecuteScalarAsync(ct);
    }

    public void Keep(IDocumentSession session, string app, byte[]? bytes)
    {
        if (bytes is null)
        {
            session.Queue("delete from registry.app_icons where portal_id = $1 and app = $2", session.Portal(), Sql.Text(app));
            return;
        }

        session.Queue(
            "insert into registry.app_icons (portal_id, app, bytes) values ($1, $2, $3) on conflict (portal_id, app) do update set bytes = $3",
            session.Portal(),
            Sql.Text(app),
            Sql.Bytes(bytes));
    }
}
