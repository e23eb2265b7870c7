using System.Collections.Concurrent;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// The pictures of Portals that were asked who they are and are not in the list, for ten minutes in the memory of this node. So the owner's browser fetches
/// nothing from a stranger. A picture that is not here is replaced by the drawing of the ID.
/// </summary>
public sealed class AskedPictures(TimeProvider clock)
{
    private const int MostOfOne = 3;
    private const int MostOfAll = 48;

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly List<Kept> pictures = []; // guarded by gate, the oldest first

    /// <param name="picture">A complete <see cref="AvatarImage"/>.</param>
    public void Keep(PortalId portal, PortalId asked, byte[] picture)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            pictures.RemoveAll(kept => now - kept.At > Life || (kept.Portal == portal && kept.Asked == asked));
            if (pictures.Count(kept => kept.Portal == portal) >= MostOfOne)
                pictures.Remove(pictures.First(kept => kept.Portal == portal));
            if (pictures.Count >= MostOfAll)
                pictures.RemoveAt(0);
            pictures.Add(new Kept(portal, asked, picture, now));
        }
    }

    /// <returns>Null if there is none, or none any more.</returns>
    public byte[]? Find(PortalId portal, PortalId asked)
    {
        lock (gate)
        {
            return pictures.Find(kept => kept.Portal == portal && kept.Asked == asked && clock.GetUtcNow() - kept.At <= Life)?.Picture;
        }
    }

    private sealed record Kept(PortalId Portal, PortalId Asked, byte[] Picture, DateTimeOffset At);
}

/// <summary>Limits the questions that a Portal asks for its owner to ten a minute.</summary>
public sealed class AskLimits(TimeProvider clock)
{
    private const int Most = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<PortalId, (DateTimeOffset Since, int Asked)> each = new();

    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public void Take(PortalId portal)
    {
        var now = clock.GetUtcNow();
        var asked = each.AddOrUpdate(portal, (now, 1), (_, last) => now - last.Since < Window ? (last.Since, last.Asked + 1) : (now, 1));
        if (asked.Asked > Most)
            throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Other Portals were asked too often. Try again in a minute.") { RetryAfter = Window };
    }
}
