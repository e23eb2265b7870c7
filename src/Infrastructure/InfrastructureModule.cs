using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Audit;
using PeerRegistry.Infrastructure.Backup;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.Apps;
using PeerRegistry.Infrastructure.Devices;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Infrastructure.Gateway;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Infrastructure.LaterCalls;
using PeerRegistry.Infrastructure.LocalPostgres;
using PeerRegistry.Infrastructure.Originals;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Portals;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Webhooks;

namespace PeerRegistry.Infrastructure;

public static class InfrastructureModule
{
    /// <summary>The errors in the settings that only Infrastructure can detect, one sentence each.</summary>
    public static IEnumerable<string> Faults(RegistryOptions options)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(options.ConnectionStrings.Registry);
            return [];
        }
        catch (ArgumentException e)
        {
            return [$"ConnectionStrings__Registry is not an Npgsql connection string: {e.Message}"];
        }
    }

    /// <summary>Adds an implementation of every port of Application.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        var database = services.AddDatabase(options);
        services.AddRegistryStore(database, options.Cluster.Enabled);
        services.AddKeys();
        services.AddHttpSignatures();
        services.AddForwarding();
        services.AddDeferredCalls();
        services.AddAppServers();
        services.AddPeers();
        services.AddPortals();
        services.AddOriginals();
        services.AddApps(options);
        services.AddWebhooks();
        services.AddDevices();
        services.AddHistory();
        services.AddBackups();
        return services;
    }

    /// <summary>
    /// Starts what a tool needs: the database, but no background services. If a registry is running on the data directory, the tool runs
    /// beside it.
    /// </summary>
    public static async Task StartStore(this IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<DatabaseLife>().StartUnlessRunning(ct);
        await services.GetRequiredService<StoreStart>().StartAsync(ct);
    }

    /// <summary>The same with a database that somebody else starts.</summary>
    public static Task StartStoreBeside(this IServiceProvider services, CancellationToken ct) => services.GetRequiredService<StoreStart>().StartAsync(ct);

    /// <summary>Ends what follows the database.</summary>
    public static Task StopStore(this IServiceProvider services) => services.GetRequiredService<StoreStart>().StopAsync(CancellationToken.None);

    /// <summary>Compares the schema of the database with the one that this version makes, and changes nothing.</summary>
    /// <returns>What differs, a sentence each.</returns>
    public static async Task<IReadOnlyList<string>> CompareSchema(this IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<DatabaseLife>().StartUnlessRunning(ct);
        return await services.GetRequiredService<Migrator>().Compare(ct);
    }
}
