using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MediatR;
using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.Tls;
using Wolverine.Marten;

namespace PeerRegistry.Infrastructure.Sessions;

/// <summary>Event store, read models and snapshots on one PostgreSQL database.</summary>
public static class StoreModule
{
    /// <summary>
    /// At start, in this order: refuses a connection pooler that breaks sessions up, migrates, rebuilds read models that are missing or outdated,
    /// fills the snapshots. Hosted services that are added after this one find all of it done.
    /// </summary>
    /// <param name="connectionString">Asked once, when the store is first used.</param>
    /// <param name="cluster">Whether other nodes work on the same database.</param>
    public static IServiceCollection AddRegistryStore(this IServiceCollection services, Func<IServiceProvider, string> connectionString, bool cluster = false)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => new EventSerializer(typeof(DomainEvent).Assembly));
        services.AddSingleton(provider => DataSource(connectionString(provider)));
        services.AddSingleton(provider => ReadModel.Of(provider.GetServices<IProjection>()));
        services.AddSingleton<SharedSessions>();
        services.AddSingleton<IAggregates, Aggregates>();
        services.AddSingleton<Migrator>();
        services.AddSingleton<ReadModelRebuild>();
        services.AddSingleton<EventRows>();
        services.AddMarten(provider => RegistryStore.Options(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<EventSerializer>(), provider.GetRequiredService<TimeProvider>()))
            .IntegrateWithWolverine();
        services.AddLogging(logging => logging.AddFilter(typeof(IDocumentStore).FullName, LogLevel.None)); // it logs failed statements with their values
        services.AddSingleton<SchemaStep>();
        services.AddSingleton<LiveFold>();
        services.AddSingleton<Commits>();
        services.AddScoped<SessionScope>();
        services.AddTransient(provider => provider.GetRequiredService<SessionScope>().Current);
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(UnitOfWork<,>));
        services.AddSingleton<ICredentials, CredentialStore>();
        services.AddSingleton<AsyncSignal>();
        services.AddSingleton<EventSubscription>();
        services.AddSingleton<IEventFeed>(provider => provider.GetRequiredService<EventSubscription>());
        services.AddSingleton<Checkpoints>();
        services.AddSingleton<ChangeNotifier>();
        services.AddSingleton(provider => new SnapshotTrust(cluster, new BootTime(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ISnapshotTrust>(provider => provider.GetRequiredService<SnapshotTrust>());
        services.AddSingleton<SnapshotFollower>();
        services.AddSingleton<PortalSnapshots>();
        services.AddSingleton<IPortalSnapshots>(provider => provider.GetRequiredService<PortalSnapshots>());
        services.AddSingleton<PortalChanges>();
        services.AddSingleton<IPortalChanges>(provider => provider.GetRequiredService<PortalChanges>());
        services.AddSingleton<RowChanges>();

        services.AddProjection<PortalListProjection>();
        services.AddSingleton<StoreStart>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreStart>());
        services.AddHostedService<EventChanges>();
        services.AddHostedService(provider => provider.GetRequiredService<RowChanges>());
        services.AddMessaging(cluster);
        return services;
    }

    /// <summary>
    /// Where the connection string does not say otherwise, statements are prepared on their second use on a connection, and connections
    /// are not reset between uses, which would cost seven statements each time: whoever sets something on one must take it back.
    /// </summary>
    internal static NpgsqlDataSource DataSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (!settings.ShouldSerialize("Max Auto Prepare"))
            settings.MaxAutoPrepare = 100;
        if (!settings.ShouldSerialize("Auto Prepare Min Usages"))
            settings.AutoPrepareMinUsages = 2;
        if (!settings.ShouldSerialize("No Reset On Close"))
            settings.NoResetOnClose = true;
        settings.ApplicationName ??= "peerregistry";
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (!settings.CheckCertificateRevocation)
            builder.UseSslClientAuthenticationOptionsCallback(tls => tls.CertificateChainPolicy = CertificateChecks.Policy());
        return builder.Build();
    }
}

/// <summary>Ordered here, since hosted services start in the order in which they were added and stop in reverse.</summary>
internal sealed class StoreStart(
    SharedSessions sessions, Migrator migrator, ReadModelRebuild rebuild, SnapshotFollower follower, ChangeNotifier notifier, EventSubscription subscription)
    : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await sessions.Refuse(cancellationToken);
        await migrator.Migrate(cancellationToken);
        await rebuild.BuildMissing(cancellationToken);
        await follower.StartAsync(cancellationToken);
        await notifier.StartAsync(cancellationToken);
        subscription.Measure();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await notifier.StopAsync(cancellationToken);
        await follower.StopAsync(cancellationToken);
    }
}
