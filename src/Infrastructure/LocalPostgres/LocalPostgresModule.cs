using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>A server of our own where no database is configured.</summary>
internal static class LocalPostgresModule
{
    /// <summary>To be added before everything that uses the database, so that it starts first and stops last.</summary>
    /// <returns>How to reach the database, once it is started.</returns>
    public static string AddDatabase(this IServiceCollection services, RegistryOptions options)
    {
        Directory.CreateDirectory(options.Data.Directory);
        var place = options.ConnectionStrings.Registry is { Length: > 0 } ? null : ClusterPlace.Of(options.Data.Directory);
        services.AddSingleton(provider => new DatabaseLife(
            options.Data.Directory,
            place is null ? null : ActivatorUtilities.CreateInstance<LocalServer>(provider, place),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DatabaseLife>>()));
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseLife>());
        services.AddSingleton<DatabaseHealth>();
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        return place?.ConnectionString ?? options.ConnectionStrings.Registry!;
    }
}

/// <summary>Takes the data directory, starts the own server if there is to be one, starts it again if it dies, and stops it.</summary>
/// <param name="server">Null: the database is somebody else's.</param>
internal sealed class DatabaseLife(string dataDirectory, LocalServer? server, TimeProvider clock, ILogger<DatabaseLife> log)
    : BackgroundService, IAsyncDisposable
{
    private FileStream? taken;

    /// <summary>For a tool that runs beside a registry or alone: where one runs on this data directory, its server is used as it is.</summary>
    public async Task StartUnlessRunning(CancellationToken ct)
    {
        taken = DataDirectoryLock.TryTake(dataDirectory);
        if (taken is not null && server is not null)
            await server.Start(ct);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await StartUnlessRunning(cancellationToken);
        if (taken is null)
            throw new StartRefusedException($"Another registry is running on the data directory {Path.GetFullPath(dataDirectory)}.");
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Whatever else is late, the server is stopped: the token is not asked.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(CancellationToken.None);
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (taken is null)
            return;

        if (server is not null)
            await server.Stop();
        await taken.DisposeAsync();
        taken = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        while (server is not null && await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (server.ProcessId is not null)
                continue;

            log.LogError("The own PostgreSQL server has died; starting it again.");
            await server.Start(stoppingToken);
        }
    }
}
