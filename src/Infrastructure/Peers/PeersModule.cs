using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Infrastructure.ReadModels;
using Wolverine;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Contacts, offers and the messages that carry the handshake.</summary>
internal static class PeersModule
{
    public static IServiceCollection AddPeers(this IServiceCollection services)
    {
        services.AddProjection<PeerListProjection>();
        services.AddProjection<CircleListProjection>();
        services.AddSingleton<CallReports>();
        services.AddSingleton<ContactSlots>();
        services.AddSingleton<ContactQueue>();
        services.AddSingleton<DueContacts>();
        services.AddSingleton<ContactPeerHandler>();
        services.AddSingleton<ContactDuePeersHandler>();
        services.AddSingleton<IWolverineExtension, ContactMessages>();
        services.AddLogging(logging =>
            logging.AddFilter(typeof(ContactPeer).FullName, LogLevel.None).AddFilter(typeof(ContactDuePeers).FullName, LogLevel.None));
        services.AddSingleton<PeerContacts>();
        services.AddSingleton<IPeerContacts>(provider => provider.GetRequiredService<PeerContacts>());
        services.AddSingleton<IPeerings>(provider => provider.GetRequiredService<PeerContacts>());
        services.AddSingleton<IPeeringOffers, PeeringOffers>();
        services.AddSingleton<IPeerProfiles, PeerProfiles>();
        services.AddSingleton<IPeerApps, PeerApps>();
        services.AddSingleton<IPeerNews, PeerNewsFeeds>();
        services.AddSingleton<CallFollowUp>();
        services.AddHostedService(provider => provider.GetRequiredService<CallFollowUp>());
        services.AddHostedService<FirstMessages>();
        return services;
    }
}
