using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

public static class SignaturesModule
{
    /// <summary>Adds signing and verification. It requires <see cref="KeysModule.AddKeys"/>.</summary>
    public static IServiceCollection AddHttpSignatures(this IServiceCollection services)
    {
        services.AddSingleton(Guard);
        services.AddSingleton<ISignatures, SignatureService>();
        services.AddSingleton<RefusalLog>();
        services.AddSingleton<IRefusedCalls, RefusedCalls>();
        return services;
    }

    private static IReplayGuard Guard(IServiceProvider provider)
    {
        if (provider.GetRequiredService<RegistryOptions>().Cluster.Enabled)
            return new PostgresReplayGuard(provider.GetRequiredService<NpgsqlDataSource>());

        var isFirstStart = provider.GetRequiredService<MasterKey>().IsNew;
        return new ReplayGuard(isFirstStart ? null : provider.GetRequiredService<TimeProvider>().GetUtcNow());
    }
}
