using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Audit;

namespace PeerRegistry.Infrastructure.Audit;

internal static class AuditModule
{
    public static IServiceCollection AddHistory(this IServiceCollection services) => services.AddSingleton<IHistory, History>();
}
