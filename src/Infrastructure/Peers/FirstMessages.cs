using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Publishes, once after a start, the messages that contacts of an import or of a version without messages lack.</summary>
internal sealed class FirstMessages(DueContacts due, ILogger<FirstMessages> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await due.PublishUnlessStored(stoppingToken);
        }
        catch (Exception e)
        {
            if (!stoppingToken.IsCancellationRequested)
                log.LogError(e, "Not every peer with a schedule could be given a message. The next start tries again.");
        }
    }
}
