using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Contacts, offers and the worker that carries the handshake.</summary>
internal static class PeersModule
{
    public static IServiceCollection AddPeers(this IServiceCollection services)
    {
        services.AddProjection<PeerListProjection>();
        services.AddSingleton<PeerWorkerSignal>();
        services.AddSingleton<CallReports>();
        services.AddSingleton<ContactSlots>();
        services.AddSingleton<PeerContacts>();
        services.AddSingleton<IPeerContacts>(provider => provider.GetRequiredService<PeerContacts>());
        services.AddSingleton<IPeerings>(provider => provider.GetRequiredService<PeerContacts>());
        services.AddSingleton<IPeeringOffers, PeeringOffers>();
        services.AddSingleton<IPeerProfiles, PeerProfiles>();
        services.AddSingleton<PeerWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<PeerWorker>());
        return services;
    }
}
