using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Peers;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Contacts, offers and the worker that carries the handshake.</summary>
internal static class PeersModule
{
    public static IServiceCollection AddPeers(this IServiceCollection services)
    {
        services.AddProjection<PeerListProjection>();
        services.AddAlongsideWriter<StoreContactWriter>();
        services.AddAlongsideWriter<RestatePeeringsWriter>();
        services.AddAlongsideWriter<RequireRevisionWriter>();
        services.AddAlongsideWriter<ForgetContactWriter>();
        services.AddAlongsideWriter<DropOfferWriter>();
        services.AddAlongsideWriter<DropPeerProfileWriter>();
        services.AddSingleton<PeerWorkerSignal>();
        services.AddSingleton<CallReports>();
        services.AddSingleton<ContactSlots>();
        services.AddSingleton<IPeerContacts, PeerContacts>();
        services.AddSingleton<IPeeringOffers, PeeringOffers>();
        services.AddSingleton<IPeerProfiles, PeerProfiles>();
        services.AddSingleton<PeerWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<PeerWorker>());
        return services;
    }
}
