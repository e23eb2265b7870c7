using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Apps;

internal static class AppsModule
{
    public static IServiceCollection AddApps(this IServiceCollection services, RegistryOptions options)
    {
        services.AddProjection<AppListProjection>();
        services.AddSingleton<IAppTickets, AppTickets>();
        services.AddSingleton<IAppIcons, AppIcons>();
        if (options.Apps.DockerSocket is { Length: > 0 } socket)
            services.AddDockerAddresses(socket);
        else
            services.AddSingleton<IAppAddresses, NoAddresses>();
        if (options.Apps.Directory is { Length: > 0 })
            services.AddHostedService<AppDirectory>();
        services.AddTokenFiles(options.Apps.TokenDirectory);
        return services;
    }

    public static void AddTokenFiles(this IServiceCollection services, string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            services.AddSingleton<IAppTokenFiles, NoTokenFiles>();
            return;
        }

        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<AppTokenFiles>(provider, new TokenFolder(folder)));
        services.AddSingleton<IAppTokenFiles>(provider => provider.GetRequiredService<AppTokenFiles>());
        services.AddHostedService(provider => provider.GetRequiredService<AppTokenFiles>());
    }

    public static void AddDockerAddresses(this IServiceCollection services, string socket)
    {
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<DockerAddresses>(provider, socket));
        services.AddSingleton<IAppAddresses>(provider => provider.GetRequiredService<DockerAddresses>());
        services.AddHostedService(provider => provider.GetRequiredService<DockerAddresses>());
    }
}
