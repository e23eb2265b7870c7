using System.Globalization;
using System.Security.Cryptography;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// The latest news of one app, numbered by themselves, so that no number tells of what other apps see. <see cref="PeerNewsOfPortal"/> guards it with its lock.
/// </summary>
internal sealed class PeerNewsOfApp(TimeProvider clock)
{
    private const int Kept = 256;

    /// <summary>Begins every id. News of an earlier start, of another node or of an app that was removed have other ones.</summary>
    private readonly string era = RandomNumberGenerator.GetHexString(16, lowercase: true);

    private readonly Queue<Entry> kept = new();

    public AsyncSignal Signal { get; } = new(clock);

    public int Readers { get; set; }

    /// <summary>Since when there have been no readers.</summary>
    public DateTimeOffset IdleSince { get; set; }

    /// <summary>The number of the latest news; 0 if there were none.</summary>
    public long Latest { get; private set; }

    public string IdOf(long number) => $"{era}-{number.ToString(CultureInfo.InvariantCulture)}";

    /// <returns>The number in an id of these news, or -1 if what follows it is not kept.</returns>
    public long Position(string? id) =>
        id?.Split('-') is [var its, var number] && its == era
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var position) && IsKept(position)
            ? position
            : -1;

    /// <summary>Whether everything after this number is kept.</summary>
    public bool IsKept(long position) => position >= Latest - kept.Count && position <= Latest;

    /// <summary>
    /// Adds news. What is still kept of a peer that is removed is dropped, so that a reader which was away learns nothing of a peer that was hidden meanwhile.
    /// </summary>
    public void Add(IEnumerable<PeerNews> news)
    {
        foreach (var each in news)
        {
            Latest++;
            var appeared = 0L;
            if (each.Kind == PeerNewsKind.Removed)
            {
                foreach (var earlier in kept.Where(entry => entry.News is { Kind: not PeerNewsKind.Removed } held && held.Peer.Short == each.Peer.Short))
                {
                    appeared = earlier.News!.Kind == PeerNewsKind.Visible ? earlier.Number : appeared;
                    earlier.News = null;
                }
            }

            kept.Enqueue(new(Latest, appeared) { News = each });
            if (kept.Count > Kept)
                kept.Dequeue();
        }
    }

    public IEnumerable<(long Number, PeerNews News)> After(long position) =>
        from entry in kept where entry.Number > position && entry.News is not null && entry.Appeared <= position select (entry.Number, entry.News!);

    /// <param name="Appeared">The number of the news with which a peer appeared that was removed; 0 if every reader has read these.</param>
    private sealed record Entry(long Number, long Appeared)
    {
        /// <summary>Null if the peer was removed later.</summary>
        public PeerNews? News { get; set; }
    }
}
