using JasperFx;
using JasperFx.CodeGeneration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine;
using Wolverine.ErrorHandling;

namespace PeerRegistry.Infrastructure.Messaging;

/// <summary>Every setting of Wolverine, which delivers durable messages; use cases are MediatR's.</summary>
internal static class MessagingModule
{
    /// <summary>
    /// Wolverine starts with the host, after what was added before, and a start fails if the database is away then: Wolverine cannot be started twice.
    /// </summary>
    /// <param name="cluster">Whether other nodes work on the same database.</param>
    public static IServiceCollection AddMessaging(this IServiceCollection services, bool cluster)
    {
        services.AddWolverine(ExtensionDiscovery.ManualOnly, options => Configure(options, cluster));
        services.AddSingleton<Outbox>();
        services.AddLogging(logging => logging.AddFilter("Wolverine", LogLevel.Critical)); // handlers log their failures themselves
        return services;
    }

    private static void Configure(WolverineOptions options, bool cluster)
    {
        options.ApplicationAssembly = typeof(MessagingModule).Assembly;
        options.Discovery.DisableConventionalDiscovery();             // MediatR's handlers look like Wolverine's
        options.CodeGeneration.TypeLoadMode = TypeLoadMode.Static;    // and no handler needs generated code
        options.AutoBuildMessageStorageOnStartup = AutoCreate.None;    // the migrations create it
        options.OnException<OperationCanceledException>().ScheduleRetryIndefinitely(TimeSpan.FromSeconds(1)); // the host stops
        options.OnAnyException().ScheduleRetryIndefinitely(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10));

        var durability = options.Durability;
        durability.Mode = cluster ? DurabilityMode.Balanced : DurabilityMode.Solo;
        durability.StaleNodeTimeout = TimeSpan.FromSeconds(10);
        durability.HealthCheckPollingTime = TimeSpan.FromSeconds(2);
        durability.DurabilityMetricsEnabled = false;
        durability.NodeAssignmentHealthCheckTracingEnabled = false;
        durability.DrainTimeout = TimeSpan.FromSeconds(1);
        durability.InboxStaleTime = TimeSpan.FromHours(1);
    }
}
