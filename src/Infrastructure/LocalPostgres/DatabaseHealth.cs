using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>
/// Reports a node as ready if it reaches the database, has sessions of its own there, and may trust its snapshots. Anybody may ask, so all
/// requests within half a second share one query to the database.
/// </summary>
internal sealed class DatabaseHealth(SharedSessions sessions, ISnapshotTrust trust, TimeProvider clock) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();

    /// <summary>The last check and when it began, or null before the first. Guarded by the gate.</summary>
    private (Task<HealthCheckResult> Result, long At)? last;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            if (last is not { } known || (known.Result.IsCompleted && clock.GetElapsedTime(known.At) > Lifetime))
                last = known = (Check(), clock.GetTimestamp());
            return known.Result.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthCheckResult> Check()
    {
        using var given = new CancellationTokenSource();
        try
        {
            if (await sessions.AreThere(given.Token).WaitAsync(Patience, clock))
                return HealthCheckResult.Unhealthy("A connection pooler assigns the registry's connections to changing sessions.");
            await trust.Require(given.Token);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or RefusedException)
        {
            await given.CancelAsync();
            return HealthCheckResult.Unhealthy("The database cannot be reached.", e);
        }
    }
}
