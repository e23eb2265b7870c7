using Marten;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Portals;

internal sealed class InviteCodes(NpgsqlDataSource database) : IInvites
{
    public async Task<string?> Find(PortalId portal, TokenHash code, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id from registry.invites where portal_id = $1 and code = $2");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(new NpgsqlParameter { Value = code.ToArray() });
        return (string?)await command.ExecuteScalarAsync(ct);
    }

    public void Keep(IDocumentSession session, TokenHash code, string invite) => session.Queue(
        "insert into registry.invites (portal_id, code, id) values ($1, $2, $3)", session.Portal(), Sql.Bytes(code.ToArray()), Sql.Text(invite));
}
