using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>Event store, read models and snapshots on one PostgreSQL database.</summary>
public static class StoreModule
{
    /// <param name="connectionString">Asked once, when the store is first used.</param>
    public static IServiceCollection AddRegistryStore(this IServiceCollection services, Func<IServiceProvider, string> connectionString)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => DataSource(connectionString(provider)));
        services.AddSingleton<Migrator>();
        return services;
    }

    internal static IServiceCollection AddProjection<TProjection>(this IServiceCollection services)
        where TProjection : class, IProjection => services.AddSingleton<IProjection, TProjection>();

    internal static IServiceCollection AddAlongsideWriter<TWriter>(this IServiceCollection services)
        where TWriter : class, IAlongsideWriter => services.AddSingleton<IAlongsideWriter, TWriter>();

    /// <summary>Statements are prepared on their second use on a connection.</summary>
    internal static NpgsqlDataSource DataSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 100, AutoPrepareMinUsages = 2 };
        settings.ApplicationName ??= "peerregistry";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}
