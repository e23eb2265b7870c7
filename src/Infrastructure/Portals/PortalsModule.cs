using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Infrastructure.Portals;

internal static class PortalsModule
{
    public static IServiceCollection AddPortals(this IServiceCollection services) =>
        services
        .AddSingleton<IAvatars, Avatars>()
        .AddSingleton<IPictures, Pictures>()
        .AddSingleton<IInvites, InviteCodes>();
}
