using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Reschedules, within about a second, the contacts that calls have told something about.</summary>
internal sealed class CallFollowUp(IPeerContacts contacts, CallReports calls, TimeProvider clock, ILogger<CallFollowUp> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    public Task FollowUp(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return calls.FollowUp(
            (portal, peer, at) => contacts.Change(portal, peer, contact => contact.Heard(at), ct),
            (portal, peer, refused) => contacts.Change(portal, peer, contact => refused ? contact.Doubt(now) : contact.BringForward(now), ct));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Tick, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await FollowUp(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "What calls have shown about peers could not be stored. It will be tried again.");
            }
        }
    }
}
