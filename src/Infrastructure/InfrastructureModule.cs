using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Portals;

namespace PeerRegistry.Infrastructure;

public static class InfrastructureModule
{
    /// <summary>Every adapter that the ports of Application ask for.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, RegistryOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(TimeProvider.System);
        services.AddKeys();
        services.AddHttpSignatures();
        services.AddForwarding();
        services.AddPeers();
        services.AddAvatars();
        return services;
    }
}
