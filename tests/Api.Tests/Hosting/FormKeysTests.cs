using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class FormKeysTests(TestPostgres postgres)
{
    [Fact]
    public async Task Form_keys_outlive_a_restart_sealed_in_the_database()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var portal = await zone.Move("Ada");
        IDataProtector Protector() => portal.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
        var made = Protector().Protect("form");
        await portal.Stop();
        await portal.Start();
        Assert.Equal("form", Protector().Unprotect(made));

        await using var database = Npgsql.NpgsqlDataSource.Create(portal.Database);
        await using var rows = database.CreateCommand("select sealed from registry.form_keys");
        var key = (byte[])(await rows.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        Assert.DoesNotContain("masterKey", Encoding.Latin1.GetString(key), StringComparison.Ordinal);
    }
}
