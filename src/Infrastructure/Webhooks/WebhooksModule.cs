using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Apps;
using Wolverine;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <summary>What apps are told by requests to them.</summary>
internal static class WebhooksModule
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton<ToldPeers>();
        services.AddSingleton<WaitingEvents>();
        services.AddSingleton<IWebhookEvents>(provider => provider.GetRequiredService<WaitingEvents>());
        services.AddSingleton<DueEvents>();
        services.AddSingleton<WebhookPost>();
        services.AddSingleton<WebhookDelivery>();
        services.AddSingleton<DeliverWebhooksHandler>();
        services.AddSingleton<IWolverineExtension, WebhookMessages>();
        services.AddLogging(logging => logging.AddFilter(typeof(DeliverWebhooks).FullName, LogLevel.None));
        services.AddHostedService<WebhookTeller>();
        return services;
    }
}
