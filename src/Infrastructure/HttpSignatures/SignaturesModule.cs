using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

public static class SignaturesModule
{
    /// <summary>Needs <see cref="KeysModule.AddKeys"/>.</summary>
    public static IServiceCollection AddHttpSignatures(this IServiceCollection services)
    {
        services.AddSingleton<IReplayGuard>(provider => new ReplayGuard(
            provider.GetRequiredService<MasterKey>().IsNew ? null : provider.GetRequiredService<TimeProvider>().GetUtcNow()));
        services.AddSingleton<ISignatures, SignatureService>();
        services.AddSingleton<IRefusedCalls, RefusedCalls>();
        return services;
    }
}
