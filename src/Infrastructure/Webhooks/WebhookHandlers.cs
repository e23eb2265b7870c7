using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Apps;
using Wolverine;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <summary>Has the due events of an app posted, and comes back when the next are due. A message for an app of which nothing is due does nothing.</summary>
internal sealed class DeliverWebhooksHandler(WebhookDelivery delivery, IHostApplicationLifetime host, ILogger<DeliverWebhooksHandler> log)
    : MessageHandler<DeliverWebhooks>
{
    public override void ConfigureChain(HandlerChain chain) => chain.ExecutionTimeoutInSeconds = (int)TimeSpan.FromMinutes(5).TotalSeconds;

    protected override async Task HandleAsync(DeliverWebhooks message, MessageContext context, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, host.ApplicationStopping);
        try
        {
            if (await delivery.Run(message.Portal, message.App, stopping.Token) is { } again)
                await context.ScheduleAsync(message, again);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log.LogError(e, "Posting the events of app {App} failed; it will be tried again.", message.App);
            throw;
        }
    }
}

/// <summary>The handler and its queue. An app that is slow takes one of the places until its time is up.</summary>
internal sealed class WebhookMessages(DeliverWebhooksHandler handler) : IWolverineExtension
{
    private const int AtOnce = 200;

    public void Configure(WolverineOptions options)
    {
        options.AddMessageHandler(handler);
        options.LocalQueueFor<DeliverWebhooks>().UseDurableInbox().MaximumParallelMessages(AtOnce);
    }
}
