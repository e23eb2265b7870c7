using Npgsql;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Finds out whether a connection to the database is one session of the server, as the registry needs: prepared statements,
/// <c>listen</c> and advisory locks belong to a session. A pooler such as PgBouncer in transaction or statement mode gives every
/// transaction whichever session is free. Then open connections share a session, or one connection has several in turn.
/// </summary>
internal sealed class SharedSessions(NpgsqlDataSource database)
{
    private const int Connections = 3;
    private const int Rounds = 3;

    /// <exception cref="StartRefusedException">A pooler stands in between.</exception>
    public async Task Refuse(CancellationToken ct)
    {
        if (!await AreThere(ct))
            return;

        var to = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        throw new StartRefusedException(
            $"ConnectionStrings__Registry leads to a connection pooler such as PgBouncer in transaction or statement mode ({to.Host}:{to.Port}), "
            + "which breaks prepared statements, LISTEN and advisory locks: set its pool_mode to session for this database, or connect to PostgreSQL directly.");
    }

    /// <summary>Asks open connections in turn which session they have. A pooler would have to give the same ones nine times to stay unnoticed.</summary>
    public async Task<bool> AreThere(CancellationToken ct)
    {
        var connections = new List<NpgsqlConnection>();
        try
        {
            for (var i = 0; i < Connections; i++)
                connections.Add(await database.OpenConnectionAsync(ct));
            var sessions = new HashSet<(int Connection, int Session)>();
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < Connections; i++)
                    sessions.Add((i, await Session(connections[i], ct)));
            }

            return sessions.Count != Connections || sessions.DistinctBy(s => s.Session).Count() != Connections;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement)
        {
            return true; // the statement was prepared in another session
        }
        finally
        {
            foreach (var connection in connections)
                await connection.DisposeAsync();
        }
    }

    private static async Task<int> Session(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        return (int)(await command.ExecuteScalarAsync(ct))!;
    }
}
