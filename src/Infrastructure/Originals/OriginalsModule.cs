using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Originals;

namespace PeerRegistry.Infrastructure.Originals;

internal static class OriginalsModule
{
    public static IServiceCollection AddOriginals(this IServiceCollection services) => services.AddSingleton<IOriginalFolders, OriginalFolders>();
}
