using System.Net;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

internal static class ForwardingModule
{
    public static IServiceCollection AddForwarding(this IServiceCollection services)
    {
        services.AddSingleton(_ => new SystemNameLookup(Dns.GetHostAddresses));
        services.AddSingleton<NameLookup>(provider => provider.GetRequiredService<SystemNameLookup>().Find);
        services.AddSingleton<PeerDialer>();
        services.AddSingleton<PeerConnections>();
        services.AddSingleton<IPeerMessages, PeerMessages>();
        services.AddSingleton<PeerClocks>();
        services.AddSingleton<IPeerClocks>(provider => provider.GetRequiredService<PeerClocks>());
        services.AddSingleton<IOwnNames, OwnNames>();
        services.AddSingleton<Circuits>();
        services.AddSingleton<IPeerAnswers, PeerAnswers>();
        services.AddSingleton<Spool>();
        services.AddHostedService(provider => provider.GetRequiredService<Spool>());
        services.AddSingleton<OpenCalls>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenCalls>());
        services.AddSingleton<IPeerCalls, Forwarder>();
        return services;
    }
}
