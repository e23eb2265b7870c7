using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>Adds the registry's own PostgreSQL server if no database is configured.</summary>
internal static class LocalPostgresModule
{
    /// <summary>Must be called before anything that uses the database is added, so that the server starts first and stops last.</summary>
    /// <returns>Makes the data directory and returns the connection string, which works once the server is started.</returns>
    public static Func<IServiceProvider, string> AddDatabase(this IServiceCollection services, RegistryOptions options)
    {
        var place = new Lazy<ClusterPlace?>(() => PlaceOf(options)); // not before it is needed, because some commands need neither
        services.AddSingleton(provider => new DatabaseLife(
            options.Data.Directory,
            place.Value is { } own ? ActivatorUtilities.CreateInstance<LocalServer>(provider, own) : null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<DatabaseLife>>()));
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseLife>());
        services.AddSingleton<DatabaseHealth>();
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
        return _ => place.Value?.ConnectionString ?? options.ConnectionStrings.Registry!;
    }

    /// <returns>Null if another database is configured.</returns>
    private static ClusterPlace? PlaceOf(RegistryOptions options)
    {
        Directory.CreateDirectory(options.Data.Directory);
        return options.ConnectionStrings.Registry is { Length: > 0 } ? null : ClusterPlace.Of(options.Data.Directory);
    }
}

/// <summary>Locks the data directory, starts the registry's own server, restarts it if it dies, and stops it.</summary>
/// <param name="server">The registry's own server, or null if another database is configured.</param>
internal sealed class DatabaseLife(string dataDirectory, LocalServer? server, TimeProvider clock, ILogger<DatabaseLife> log)
    : BackgroundService, IAsyncDisposable
{
    private FileStream? taken;

    /// <summary>Starts the server for a tool. If a registry is running on this data directory, the tool uses that registry's server.</summary>
    /// <returns>Whether no registry is running on this data directory.</returns>
    public async Task<bool> StartUnlessRunning(CancellationToken ct)
    {
        if (taken is not null)
            return true;

        taken = DataDirectoryLock.TryTake(dataDirectory);
        if (taken is not null && server is not null)
            await server.Start(ct);
        return taken is not null;
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!await StartUnlessRunning(cancellationToken))
            throw new StartRefusedException($"Another registry is running on the data directory {Path.GetFullPath(dataDirectory)}.");
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Stops the server even if the shutdown is late: the token is ignored.</summary>
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

            log.LogError("The registry's PostgreSQL server has died. Restarting it.");
            await server.Start(stoppingToken);
        }
    }
}
