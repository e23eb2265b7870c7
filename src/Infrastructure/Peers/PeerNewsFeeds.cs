using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>The news of every Portal whose apps read any, and the limit for all of them together.</summary>
internal sealed class PeerNewsFeeds(
    IPortalChanges changes, IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock, IHostApplicationLifetime lifetime,
    ILogger<PeerNewsFeeds> log) : IPeerNews
{
    public const int MostReaders = 8192;

    private readonly ConcurrentDictionary<PortalId, PeerNewsOfPortal> portals = new();
    private int readers;

    public async Task<IPeerNewsReader> Open(PortalId portal, string app, string? lastRead, CancellationToken ct)
    {
        if (Interlocked.Increment(ref readers) > MostReaders)
        {
            Interlocked.Decrement(ref readers);
            throw PeerNewsOfPortal.TooMany();
        }

        try
        {
            while (true)
            {
                var news = portals.GetOrAdd(portal, id => new PeerNewsOfPortal(id, changes, snapshots, contacts, clock, log));
                if (await news.Open(app, lastRead, lifetime.ApplicationStopping, ct) is { } reader)
                    return new Counted(this, reader);
                portals.TryRemove(new(portal, news));
            }
        }
        catch
        {
            Interlocked.Decrement(ref readers);
            throw;
        }
    }

    private sealed class Counted(PeerNewsFeeds all, IPeerNewsReader reader) : IPeerNewsReader
    {
        private bool closed;

        public Task Next => reader.Next;

        public PeerNewsBatch? Take() => reader.Take();

        public void Dispose()
        {
            reader.Dispose();
            if (!Interlocked.Exchange(ref closed, true))
                Interlocked.Decrement(ref all.readers);
        }
    }
}
