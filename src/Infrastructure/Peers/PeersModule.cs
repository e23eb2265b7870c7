using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Infrastructure.EventStore;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Contacts, offers and the worker that carries the handshake.</summary>
internal static class PeersModule
{
    public static IServiceCollection AddPeers(this IServiceCollection services)
    {
        services.AddProjection<PeerListProjection>();
        return services;
    }
}
