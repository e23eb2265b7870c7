using System.Security.Cryptography;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;
using Wolverine;
using Wolverine.Runtime;
using Wolverine.Runtime.Handlers;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Waits for a slot, then sends the use case. Every message of a contact that is not due any more does nothing.</summary>
internal sealed class ContactPeerHandler(
    DueContacts due, ContactQueue queue, IServiceScopeFactory scopes, IHostApplicationLifetime host, TimeProvider clock, ILogger<ContactPeerHandler> log)
    : MessageHandler<ContactPeer>
{
    /// <summary>How many contacts of one Portal wait in memory. Those above it are looked at again after minutes.</summary>
    private const int MostWaiting = 500;

    public override void ConfigureChain(HandlerChain chain) => chain.ExecutionTimeoutInSeconds = (int)TimeSpan.FromHours(1).TotalSeconds;

    protected override async Task HandleAsync(ContactPeer message, MessageContext context, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation, host.ApplicationStopping);
        try
        {
            if (await Contact(message, stopping.Token) is { } again)
                await context.ScheduleAsync(message, again);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            log.LogError(e, "Contacting {Peer} failed; it will be tried again.", message.Peer);
            throw;
        }
    }

    /// <returns>After what time to look again, or null.</returns>
    private async Task<TimeSpan?> Contact(ContactPeer message, CancellationToken ct)
    {
        if (await due.Find(message.Portal, message.Peer, ct) is not { } waiting)
            return null;

        if (waiting.AskedAt is null && queue.Waiting(message.Portal) >= MostWaiting)
            return TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(300, 900));

        using var slot = await queue.Enter(waiting, ct);
        if (slot is null)
            return null;

        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new DeliverToPeer(message.Portal, message.Peer), ct) - clock.GetUtcNow();
    }
}

/// <summary>Publishes a <see cref="ContactPeer"/> for each contact that is due.</summary>
internal sealed class ContactDuePeersHandler(DueContacts due, ILogger<ContactDuePeersHandler> log) : MessageHandler<ContactDuePeers>
{
    protected override async Task HandleAsync(ContactDuePeers message, MessageContext context, CancellationToken cancellation)
    {
        try
        {
            await due.Publish(message.Portal, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "The peers of {Portal} that are due could not be looked up; it will be tried again.", message.Portal);
            throw;
        }
    }
}

/// <summary>The handlers of this feature and the queue that feeds them. They are written by hand, so that no code is generated.</summary>
internal sealed class ContactMessages(ContactPeerHandler contactPeer, ContactDuePeersHandler contactDuePeers) : IWolverineExtension
{
    /// <summary>Most of them wait for one of the <see cref="ContactSlots"/>.</summary>
    private const int AtOnce = 2000;

    public void Configure(WolverineOptions options)
    {
        options.AddMessageHandler(contactPeer);
        options.AddMessageHandler(contactDuePeers);
        options.LocalQueueFor<ContactPeer>().UseDurableInbox().MaximumParallelMessages(AtOnce);
        options.LocalQueueFor<ContactDuePeers>().UseDurableInbox();
    }
}
