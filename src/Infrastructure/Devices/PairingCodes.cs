using System.Collections.Concurrent;
using Npgsql;
using PeerRegistry.Application.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Devices;

/// <summary>Table pairing_codes, and a short memory of which selectors are live, so that guessing costs the database next to nothing.</summary>
internal sealed class PairingCodes(NpgsqlDataSource database, TimeProvider clock) : IPairingCodes
{
    private static readonly TimeSpan Trusted = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<PortalId, Reading> live = new();

    public async Task Put(PortalId portal, TypedPairingCode code, DateTimeOffset expiresAt, int tries, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into registry.pairing_codes (portal_id, selector, hash, expires_at, tries) values ($1, $2, $3, $4, $5)
            on conflict (portal_id) do update
            set selector = excluded.selector, hash = excluded.hash, expires_at = excluded.expires_at, tries = excluded.tries
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(code.Selector);
        command.Parameters.AddWithValue(code.Hash.ToArray());
        command.Parameters.AddWithValue(expiresAt);
        command.Parameters.AddWithValue(tries);
        await command.ExecuteNonQueryAsync(ct);
        live.TryRemove(portal, out _);
    }

    public async Task<bool> TryPut(PortalId portal, TypedPairingCode code, DateTimeOffset expiresAt, int tries, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into registry.pairing_codes as c (portal_id, selector, hash, expires_at, tries) values ($1, $2, $3, $4, $5)
            on conflict (portal_id) do update
            set selector = excluded.selector, hash = excluded.hash, expires_at = excluded.expires_at, tries = excluded.tries
            where c.tries <= 0 or c.expires_at <= $6
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(code.Selector);
        command.Parameters.AddWithValue(code.Hash.ToArray());
        command.Parameters.AddWithValue(expiresAt);
        command.Parameters.AddWithValue(tries);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        var stored = await command.ExecuteNonQueryAsync(ct) == 1;
        live.TryRemove(portal, out _);
        return stored;
    }

    public async ValueTask<bool> IsLive(PortalId portal, string selector, CancellationToken ct)
    {
        if (!live.TryGetValue(portal, out var reading) || clock.GetElapsedTime(reading.At) >= Trusted)
            live[portal] = reading = new Reading(clock.GetTimestamp(), ReadSelector(portal));
        return await reading.Selector.WaitAsync(ct) == selector;
    }

    public async Task<bool> Use(PortalId portal, TypedPairingCode code, CancellationToken ct)
    {
        // The row's lock puts racing calls in a line; each judges the row as the one before left it.
        await using var command = database.CreateCommand(
            """
            update registry.pairing_codes set tries = case when hash = $3 then 0 else tries - 1 end
            where portal_id = $1 and selector = $2 and tries > 0 and expires_at > $4
            returning hash = $3
            """);
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(code.Selector);
        command.Parameters.AddWithValue(code.Hash.ToArray());
        command.Parameters.AddWithValue(clock.GetUtcNow());
        return await command.ExecuteScalarAsync(ct) is true;
    }

    /// <returns>Null if no code of this Portal is live.</returns>
    private async Task<string?> ReadSelector(PortalId portal)
    {
        await using var command = database.CreateCommand(
            "select selector from registry.pairing_codes where portal_id = $1 and tries > 0 and expires_at > $2");
        command.Parameters.AddWithValue(portal.Value);
        command.Parameters.AddWithValue(clock.GetUtcNow());
        return await command.ExecuteScalarAsync() as string;
    }

    /// <param name="At">Timestamp of the start of the reading, which all who ask meanwhile share.</param>
    private sealed record Reading(long At, Task<string?> Selector);
}
