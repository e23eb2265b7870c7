using Npgsql;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Devices;

/// <summary>Table pairing_codes.</summary>
internal sealed class PairingCodes(NpgsqlDataSource database, TimeProvider clock) : IPairingCodes
{
    public async Task Put(PortalId portal, TokenHash code, DateTimeOffset expiresAt, int tries, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into registry.pairing_codes (portal_id, hash, expires_at, tries) values ($1, $2, $3, $4)
            on conflict (portal_id) do update set hash = excluded.hash, expires_at = excluded.expires_at, tries = excluded.tries
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(code.ToArray());
        command.Parameters.AddWithValue(expiresAt);
        command.Parameters.AddWithValue(tries);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<bool> Use(PortalId portal, TokenHash code, CancellationToken ct)
    {
        // The row's lock puts racing calls in a line; each judges the row as the one before left it.
        await using var command = database.CreateCommand(
            """
            update registry.pairing_codes set tries = case when hash = $2 then 0 else tries - 1 end
            where portal_id = $1 and tries > 0 and expires_at > $3
            returning hash = $2
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(code.ToArray());
        command.Parameters.AddWithValue(clock.GetUtcNow());
        return await command.ExecuteScalarAsync(ct) is true;
    }
}
