using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.LocalPostgres;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>PgBouncer between the registry and PostgreSQL.</summary>
public sealed class PoolerTests(TestPostgres postgres) : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("transaction", "")]
    [InlineData("transaction", ";Max Auto Prepare=0")]
    [InlineData("statement", ";Max Auto Prepare=0")]
    public async Task A_pooler_that_shares_sessions_is_named_and_the_start_refused(string mode, string settings)
    {
        await using var pooler = await PgBouncer.Start(mode, postgres.SocketDirectory, await postgres.CreateDatabase());
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, [], ("ConnectionStrings__Registry", pooler.ConnectionString + settings));
        Assert.Equal(1, code);
        Assert.Empty(said);
        var sentence = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("PgBouncer", sentence, StringComparison.Ordinal);
        Assert.StartsWith("ConnectionStrings__Registry ", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Through_a_pooler_in_session_mode_requests_succeed()
    {
        await using var pooler = await PgBouncer.Start("session", postgres.SocketDirectory, await postgres.CreateDatabase());
        await using var registry = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", pooler.ConnectionString));
        using var owner = Owner.Client(registry, await Owner.Pair(registry));
        Assert.Equal(HttpStatusCode.OK, (await owner.Get("/health/ready")).Status);

        await Parallel.ForAsync(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
            Assert.Equal(HttpStatusCode.Created, (await owner.Put("/core/protected/peers", $$"""{"id":"aaaaa{{"abcdefghjkln"[i]}}"}""")).Status));
        await Parallel.ForAsync(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (_, _) =>
            Assert.Equal(HttpStatusCode.OK, (await owner.Get("/core/protected/peers")).Status));
    }

    [Theory]
    [InlineData("transaction", HealthStatus.Unhealthy)]
    [InlineData("session", HealthStatus.Healthy)]
    public async Task Readiness_tells_a_pooler_that_shares_sessions(string mode, HealthStatus expected)
    {
        await using var pooler = await PgBouncer.Start(mode, postgres.SocketDirectory, await postgres.CreateDatabase());
        await using var database = StoreModule.DataSource(pooler.ConnectionString);
        var health =
            new DatabaseHealth(new SharedSessions(database), new SnapshotTrust(cluster: false, TimeProvider.System, TimeProvider.System), TimeProvider.System);
        for (var asked = 0; asked < 3; asked++, await Task.Delay(TimeSpan.FromMilliseconds(600), TimeProvider.System))
            Assert.Equal(expected, (await health.CheckHealthAsync(new HealthCheckContext(), TestContext.Current.CancellationToken)).Status);
    }
}
