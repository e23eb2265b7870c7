using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Portals;

internal static class PortalsModule
{
    public static IServiceCollection AddPortals(this IServiceCollection services) =>
        services
        .AddSingleton<IAvatars, Avatars>().AddAlongsideWriter<AvatarWriter>()
        .AddSingleton<IInvites, InviteCodes>().AddAlongsideWriter<InviteCodeWriter>();
}
