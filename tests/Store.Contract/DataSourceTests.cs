using Npgsql;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class DataSourceTests(TestPostgres postgres)
{
    [Theory]
    [InlineData("", true)]
    [InlineData(";Max Auto Prepare=0", false)]
    [InlineData(";MaxAutoPrepare=0", false)]
    public async Task Statements_are_prepared_unless_the_connection_string_says_otherwise(string settings, bool prepared)
    {
        await using var database = StoreModule.DataSource(await postgres.CreateDatabase() + settings);
        await using var connection = await database.OpenConnectionAsync(Given.Soon);
        for (var use = 0; use < 3; use++)
            await Ask(connection, "select 1");

        Assert.Equal(prepared, await Ask(connection, "select count(*) from pg_prepared_statements") > 0);
    }

    private static async Task<long> Ask(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Given.Soon), System.Globalization.CultureInfo.InvariantCulture);
    }
}
