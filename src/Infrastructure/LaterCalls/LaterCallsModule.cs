using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Application.SignedCalls;
using Wolverine;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>Calls that are delivered later, and on the other side those that are delivered once.</summary>
internal static class LaterCallsModule
{
    public static IServiceCollection AddDeferredCalls(this IServiceCollection services)
    {
        services.AddSingleton<AcceptedCalls>();
        services.AddHostedService(provider => provider.GetRequiredService<AcceptedCalls>());
        services.AddSingleton<IDeferredCalls, DeferredCalls>();
        services.AddSingleton<IDeferredQueues, DeferredQueues>();
        services.AddSingleton<DeliverySlots>();
        services.AddSingleton<DeferredCallsHandler>();
        services.AddSingleton<IWolverineExtension, DeferredMessages>();
        services.AddLogging(logging => logging.AddFilter(typeof(DeferredCallsDue).FullName, LogLevel.None));
        services.AddSingleton<DeferredSweep>();
        services.AddHostedService(provider => provider.GetRequiredService<DeferredSweep>());
        services.AddSingleton<ITakenCalls>(provider =>
            new TakenCalls(provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
