using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Audit;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.Apps;
using PeerRegistry.Infrastructure.Devices;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Infrastructure.LocalPostgres;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Portals;

namespace PeerRegistry.Infrastructure;

public static class InfrastructureModule
{
    /// <summary>What only an adapter can tell about the settings; a sentence each.</summary>
    public static IEnumerable<string> Faults(RegistryOptions options)
    {
        try
        {
            _ = new NpgsqlConnectionStringBuilder(options.ConnectionStrings.Registry);
            return [];
        }
        catch (ArgumentException e)
        {
            return [$"ConnectionStrings__Registry is no Npgsql connection string: {e.Message}"];
        }
    }

    /// <summary>Every adapter that the ports of Application ask for.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        var database = services.AddDatabase(options);
        services.AddRegistryStore(_ => database, options.Cluster.Enabled);
        services.AddKeys();
        services.AddHttpSignatures();
        services.AddForwarding();
        services.AddPeers();
        services.AddPortals();
        services.AddApps(options);
        services.AddDevices();
        services.AddHistory();
        return services;
    }

    /// <summary>
    /// For a tool that needs the database and nothing that works in the background. Where a registry runs on the data directory, the
    /// tool works beside it.
    /// </summary>
    public static async Task StartStore(this IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<DatabaseLife>().StartUnlessRunning(ct);
        await services.GetRequiredService<StoreStart>().StartAsync(ct);
    }
}
