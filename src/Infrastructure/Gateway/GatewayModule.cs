using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Gateway;

namespace PeerRegistry.Infrastructure.Gateway;

internal static class GatewayModule
{
    public static IServiceCollection AddAppServers(this IServiceCollection services)
    {
        services.AddSingleton<AppConnections>();
        services.AddSingleton<IAppServers, AppServers>();
        services.AddSingleton<IAppProbes, AppProbes>();
        return services;
    }
}
