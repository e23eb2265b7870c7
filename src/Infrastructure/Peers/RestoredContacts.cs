using Npgsql;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// Contacts that come from a backup. Since it was made, this Portal and its peers may have told each other what the backup does not know.
/// So every peer that had heard of us is told the wanted state again, with a revision above all that it can have accepted; its answer says
/// how it stands. <see cref="FirstMessages"/> publishes the messages at the next start.
/// </summary>
internal static class RestoredContacts
{
    public static async Task Restate(NpgsqlConnection connection, DateTimeOffset now, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            update registry.peer_contacts
            set revision = greatest(revision + 1, $1), next_attempt_at = least(next_attempt_at, $2), claimed_until = null,
                schedule = schedule + 1, version = version + 1
            where wanted = 'Offered' and delivered > 0
            """,
            connection)
        {
            CommandTimeout = 0,
            Parameters = { Sql.Bigint(now.ToUnixTimeMilliseconds()), Sql.Time(now) },
        };
        await command.ExecuteNonQueryAsync(ct);
    }
}
