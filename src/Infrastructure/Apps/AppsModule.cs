using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Apps;
using PeerRegistry.Infrastructure.EventStore;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Apps;

internal static class AppsModule
{
    public static IServiceCollection AddApps(this IServiceCollection services)
    {
        services.AddProjection<AppListProjection>();
        services.AddSingleton<IAppTickets, AppTickets>();
        return services;
    }
}
