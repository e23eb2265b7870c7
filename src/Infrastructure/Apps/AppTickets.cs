using Npgsql;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>Table app_tickets; each writing sweeps out what has expired.</summary>
internal sealed class AppTickets(NpgsqlDataSource database, TimeProvider clock) : IAppTickets
{
    public async Task Put(PortalId portal, TokenHash hash, AppTicket ticket, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with swept as (delete from registry.app_tickets where portal_id = $1 and expires_at < $8)
            insert into registry.app_tickets (portal_id, hash, app, device, state, target, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(hash.ToArray());
        command.Parameters.AddWithValue(ticket.App);
        command.Parameters.AddWithValue(ticket.Device);
        command.Parameters.AddWithValue(ticket.State);
        command.Parameters.AddWithValue(ticket.To);
        command.Parameters.AddWithValue(ticket.ExpiresAt);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<AppTicket?> Take(PortalId portal, TokenHash hash, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "delete from registry.app_tickets where portal_id = $1 and hash = $2 returning app, device, state, target, expires_at");
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(hash.ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return null;

        var ticket = new AppTicket(
            reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4));
        return ticket.ExpiresAt > clock.GetUtcNow() ? ticket : null;
    }
}
