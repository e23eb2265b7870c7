using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Devices;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Devices;

internal static class DevicesModule
{
    public static IServiceCollection AddDevices(this IServiceCollection services)
    {
        services.AddProjection<DeviceListProjection>();
        services.AddProjection<RecoveryListProjection>();
        services.AddSingleton<IPairingCodes, PairingCodes>();
        return services;
    }
}
