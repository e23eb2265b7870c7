using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.SignedCalls;
using Wolverine;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>Sends the use case for a queue that may be due. A message of a queue that is not due does nothing.</summary>
internal sealed class DeferredCallsHandler(
    DeliverySlots slots, IServiceScopeFactory scopes, IHostApplicationLifetime host, TimeProvider clock, ILogger<DeferredCallsHandler> log)
    : MessageHandler<DeferredCallsDue>
{
    /// <summary>When a message of a Portal that already delivers from many queues is looked at again.</summary>
    private static readonly TimeSpan Crowded = TimeSpan.FromSeconds(5);

    public override void ConfigureChain(HandlerChain chain) => chain.ExecutionTimeoutInSeconds = (int)TimeSpan.FromHours(3).TotalSeconds;

    protected override async Task HandleAsync(DeferredCallsDue message, MessageContext context, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, host.ApplicationStopping);
        try
        {
            if (await Deliver(message, stopping.Token) is { } again && slots.IsFirst(message, again))
                await context.ScheduleAsync(message, again - clock.GetUtcNow());
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log.LogError(e, "Calls of {App} to {Peer} could not be delivered; it will be tried again.", message.App, message.Peer.Short);
            throw;
        }
    }

    /// <returns>When to look again, or null.</returns>
    private async Task<DateTimeOffset?> Deliver(DeferredCallsDue queue, CancellationToken ct)
    {
        using var slot = slots.TryEnter(queue.Portal);
        if (slot is null)
            return clock.GetUtcNow() + Crowded;

        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new DeliverDeferredCalls(queue), ct);
    }
}

/// <summary>The handler of this feature and the queue that feeds it. It is written by hand, so that no code is generated.</summary>
internal sealed class DeferredMessages(DeferredCallsHandler handler) : IWolverineExtension
{
    public void Configure(WolverineOptions options)
    {
        options.AddMessageHandler(handler);
        options.LocalQueueFor<DeferredCallsDue>().UseDurableInbox().MaximumParallelMessages(DeliverySlots.AtOnce);
    }
}
