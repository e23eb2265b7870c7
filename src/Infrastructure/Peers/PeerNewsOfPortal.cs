using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// What the apps of one Portal are told, made once for all readers by comparing successive snapshots. It works while there are readers, and a while longer for
/// those that come back.
/// </summary>
internal sealed class PeerNewsOfPortal(
    PortalId portal, IPortalChanges changes, IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock, ILogger log)
{
    public const int MostReaders = 2048;
    public const int MostReadersOfApp = 16;

    /// <summary>How soon a token that was revoked is noticed, since nothing tells of that.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(300);

    /// <summary>Between two looks into the database.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the news of an app without readers are kept.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new(); // guards everything below
    private readonly Dictionary<string, PeerNewsOfApp> apps = new(StringComparer.Ordinal);
    private PeersInSight? seen;
    private int readers;
    private bool ended;

    /// <returns>Null if these news have just ended; another try begins new ones.</returns>
    public async Task<IPeerNewsReader?> Open(string app, string? lastRead, CancellationToken stopping, CancellationToken ct)
    {
        var mark = changes.Mark(portal);
        var first = Volatile.Read(ref seen) is null ? await contacts.FindReachable(portal, ct) : null;
        lock (gate)
        {
            if (ended)
                return null;
            var isFirst = seen is null;
            seen ??= new(Snapshot(), first!);
            Compare();
            if (!apps.TryGetValue(app, out var news))
                apps.Add(app, news = new(clock));
            if (readers >= MostReaders || news.Readers >= MostReadersOfApp)
                throw TooMany();

            readers++;
            news.Readers++;
            if (isFirst)
                _ = Follow(mark, stopping);
            return new Reader(this, app, news, news.Position(lastRead));
        }
    }

    public static RefusedException TooMany() =>
        new(RefusalKind.TooMany, "rate_limited", "Too many streams of events are open.") { RetryAfter = TimeSpan.FromSeconds(5) };

    private async Task Follow(string mark, CancellationToken ct)
    {
        var (failing, next) = (false, changes.Next(portal, mark, ct));
        while (!HasEnded() && !ct.IsCancellationRequested)
        {
            await Task.WhenAny(next, Task.Delay(Tick, clock, ct));
            try
            {
                Compare();
                if (next.IsCompletedSuccessfully)
                {
                    Compare(await contacts.FindReachable(portal, ct));
                    next = changes.Next(portal, await next, ct);
                    await Task.Delay(Between, clock, ct);
                }

                failing = false;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                if (!failing)
                    log.LogWarning("Apps do not hear which peers can be reached until the database can be read again: {Error}", e.Message);
                failing = true;
                await Task.Delay(Tick, clock, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                // the registry is stopping
            }
        }
    }

    private PortalSnapshot Snapshot() => snapshots.Find(portal) ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "No such Portal lives here.");

    /// <summary>Compares with the latest snapshot. It is read under the lock, so that no news follow from an older one.</summary>
    /// <param name="reachable">Null if it is as before.</param>
    private void Compare(IReadOnlyDictionary<ShortId, bool>? reachable = null)
    {
        lock (gate)
            Tell(seen!, seen = new(Snapshot(), reachable ?? seen!.Reachable));
    }

    private void Tell(PeersInSight before, PeersInSight now)
    {
        if (ReferenceEquals(before.Portal, now.Portal) && ReferenceEquals(before.Reachable, now.Reachable))
            return;

        var changed = now.ChangedSince(before);
        foreach (var (name, news) in apps)
        {
            var added = now.NewsSince(before, changed, name);
            news.Add(added);
            if (added.Count > 0 || !ReferenceEquals(before.Portal.Credentials, now.Portal.Credentials) || !ReferenceEquals(before.Portal.Apps, now.Portal.Apps))
                news.Signal.Beat();
            if (now.Portal.Apps.GetValueOrDefault(name)?.RegisteredAt != before.Portal.Apps.GetValueOrDefault(name)?.RegisteredAt)
                apps.Remove(name);
        }
    }

    private void Close(PeerNewsOfApp news)
    {
        lock (gate)
        {
            readers--;
            news.Readers--;
            news.IdleSince = clock.GetUtcNow();
        }
    }

    private bool HasEnded()
    {
        lock (gate)
        {
            foreach (var (name, news) in apps.Where(app => app.Value.Readers == 0 && clock.GetUtcNow() - app.Value.IdleSince > Patience).ToList())
                apps.Remove(name);
            return ended = readers == 0 && apps.Count == 0;
        }
    }

    /// <param name="from">The number of the last news that were read, or -1 to begin with the present state.</param>
    private sealed class Reader(PeerNewsOfPortal all, string app, PeerNewsOfApp news, long from) : IPeerNewsReader
    {
        private long position = from;
        private bool closed;

        public Task Next => news.Signal.Next;

        public PeerNewsBatch? Take()
        {
            lock (all.gate)
            {
                all.Compare();
                if (all.apps.GetValueOrDefault(app) != news)
                    return null;

                var after = position;
                position = news.Latest;
                if (after < 0 || !news.IsKept(after))
                    return new(true, [.. all.seen!.Of(app).Select(peer => new PeerNews(PeerNewsKind.Visible, peer))], [news.IdOf(position)]);

                var found = news.After(after).ToList();
                return new(false, found.ConvertAll(each => each.News), found.ConvertAll(each => news.IdOf(each.Number)));
            }
        }

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref closed, true))
                all.Close(news);
        }
    }
}
