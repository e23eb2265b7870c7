using System.Security.Cryptography;
using System.Text;
using JasperFx;
using Marten;
using Microsoft.Extensions.Logging;
using Npgsql;
using Weasel.Core.Migrations;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Brings Marten's tables and functions up to date. Comparing them with the database takes a third of a second, so it is done only
/// when the script that Marten would write for an empty database differs from the one that was applied last.
/// </summary>
internal sealed class SchemaStep(IDocumentStore store, ILogger<SchemaStep> log)
{
    /// <param name="connection">Holds the lock of the migrations.</param>
    public async Task Apply(NpgsqlConnection connection, CancellationToken ct)
    {
        var wanted = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(store.Storage.ToDatabaseScript())));
        await using var ask = new NpgsqlCommand("select fingerprint from registry.marten_schema", connection);
        if (await ask.ExecuteScalarAsync(ct) as string == wanted)
            return;

        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
        await using var record = new NpgsqlCommand(
            "insert into registry.marten_schema (fingerprint) values ($1) on conflict (one) do update set fingerprint = $1, applied_at = now()", connection)
        {
            Parameters = { new() { Value = wanted } },
        };
        await record.ExecuteNonQueryAsync(ct);
        log.LogInformation("The schema of Marten was brought up to date.");
    }

    /// <returns>What Marten would change, or nothing.</returns>
    public async Task<IReadOnlyList<string>> Compare(CancellationToken ct)
    {
        try
        {
            await store.Storage.Database.AssertDatabaseMatchesConfigurationAsync(ct);
            return [];
        }
        catch (DatabaseValidationException e)
        {
            return [e.Message];
        }
    }
}
