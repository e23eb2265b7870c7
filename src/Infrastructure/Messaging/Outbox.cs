using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;
using Wolverine.Marten;
using Wolverine.Runtime;

namespace PeerRegistry.Infrastructure.Messaging;

/// <summary>Publishes messages in a session of Marten: they are delivered if, and only if, the session commits.</summary>
/// <param name="services">Asked for Wolverine only when a message is published, because Wolverine is made with handlers that publish.</param>
internal sealed class Outbox(IServiceProvider services)
{
    /// <param name="delay">After what time to deliver it; at once if it is not positive.</param>
    public Task Publish(IDocumentSession session, object message, TimeSpan delay = default) => Publish(session, [(message, delay)]);

    public async Task Publish(IDocumentSession session, IEnumerable<(object Message, TimeSpan Delay)> messages)
    {
        var outbox = new MartenOutbox(services.GetRequiredService<IWolverineRuntime>(), session);
        foreach (var (message, delay) in messages)
            await outbox.PublishAsync(message, delay > TimeSpan.Zero ? new DeliveryOptions { ScheduleDelay = delay } : null);
    }
}
