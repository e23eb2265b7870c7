using Npgsql;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// The transactions that may still write to this database: those that own a transaction id, prepared ones included. Transactions of
/// other databases on the same server are left out, and so are those that only read.
/// </summary>
/// <remarks>
/// A transaction whose id is absent has either committed, and every statement that begins later sees what it wrote, or it has written
/// nothing yet. A savepoint's id is never listed; its transaction's is, since PostgreSQL assigns that one first. Sessions are listed
/// before prepared transactions because <c>prepare transaction</c> adds the latter before it takes the id from the session.
/// </remarks>
internal static class RunningWriters
{
    private const string Ids =
        """
        select backend_xid::text from pg_stat_get_activity(null)
        where backend_xid is not null and datid = (select oid from pg_database where datname = current_database())
        union all
        select transaction::text from pg_prepared_xacts where database = current_database()
        """;

    /// <returns>Transaction ids in decimal. They are 32 bits wide and recur after 4 billion transactions.</returns>
    public static async Task<HashSet<string>> Read(NpgsqlDataSource database, CancellationToken ct)
    {
        // In a statement and transaction of its own: PostgreSQL keeps what it once read of the sessions until the transaction ends.
        await using var command = database.CreateCommand(Ids);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(ct))
            ids.Add(reader.GetString(0));
        return ids;
    }
}
