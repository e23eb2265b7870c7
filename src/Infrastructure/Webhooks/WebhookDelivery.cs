using System.Security.Cryptography;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <summary>
/// Posts the due events of one app, one after the other: those of one peer in their order, those of others past one that the app refuses. An app that does
/// not answer has all of its events wait.
/// </summary>
internal sealed class WebhookDelivery(
    DueEvents due, WebhookPost post, IPortalSnapshots snapshots, ISnapshotTrust trust, PortalChanges changes, TimeProvider clock)
{
    /// <summary>After this time another app gets its turn.</summary>
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(1);

    /// <summary>How long an event about a peer that is hidden by now waits to be withdrawn.</summary>
    private static readonly TimeSpan UntilWithdrawn = TimeSpan.FromSeconds(10);

    /// <returns>After what time to come back, or null.</returns>
    public async Task<TimeSpan?> Run(PortalId portal, string app, CancellationToken ct)
    {
        var (isDue, claimedUntil) = await due.Claim(portal, app, ct);
        if (!isDue)
            return null;
        if (claimedUntil is { } until)
            return Until(until);

        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < LongestTurn && await due.Find(portal, app, ct) is { Count: > 0 } events)
        {
            foreach (var next in events)
            {
                if (!await Deliver(portal, app, next, ct))
                    break;
            }
        }

        return await due.Release(portal, app, ct) is { } again ? Until(again) : null;
    }

    /// <returns>False if the app is away.</returns>
    private async Task<bool> Deliver(PortalId portal, string name, DueEvent next, CancellationToken ct)
    {
        await trust.Require(ct);
        if (snapshots.Find(portal) is not { } snapshot || snapshot.Apps.GetValueOrDefault(name) is not { Meta.Webhook: not null } app
            || !(next.IsRemoval || Sees(snapshot, app, next.Peer)))
        {
            await due.Postpone(portal, name, next.Id, clock.GetUtcNow() + UntilWithdrawn, ct); // WebhookTeller deletes it
            return true;
        }

        if (!await due.Begin(portal, name, next.Id, ct))
            return true;

        if (await post.Send(snapshot, app, next.Id, next.Body, ct) is not { } why)
        {
            await due.Delivered(portal, name, next.Id, ct);
            if (next.Attempts > 0)
                changes.Changed(portal);
            return true;
        }

        var now = clock.GetUtcNow();
        var again = now + Backoff.Pause(next.Attempts + 1, RandomNumberGenerator.GetInt32(1000) / 1000.0, why.RetryAfter);
        await due.Failed(portal, name, next.Id, why, now >= next.GiveUpAt ? null : again, ct);
        if (why.IsAway)
            await due.PostponeAll(portal, name, why, again, ct);
        changes.Changed(portal);
        return !why.IsAway;
    }

    private static bool Sees(PortalSnapshot portal, App app, ShortId id) => portal.Peers.TryGetValue(id, out var peer) && ListVisiblePeers.Sees(app, peer);

    private TimeSpan Until(DateTimeOffset time) => time - clock.GetUtcNow() is { Ticks: > 0 } away ? away : TimeSpan.Zero;
}
