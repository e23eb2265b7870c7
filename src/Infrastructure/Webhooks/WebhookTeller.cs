using System.Collections.Immutable;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <summary>
/// Finds what apps with a webhook have not been told yet, by comparing what they see with what is stored of what they were told. Every node does so; one of
/// them stores it.
/// </summary>
internal sealed class WebhookTeller(
    IPortalSnapshots snapshots, IPortalChanges changes, SnapshotTrust trust, IPeerContacts contacts, ToldPeers told, TimeProvider clock,
    ILogger<WebhookTeller> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<PortalId, Seen> seen = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        using var timer = new PeriodicTimer(Pause, clock);
        do
        {
            try
            {
                foreach (var portal in snapshots.All)
                    await Look(portal.Portal.Id, stoppingToken);
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing)
                    log.LogWarning("Webhooks wait until the database can be used again: {Error}", e.Message);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Look(PortalId portal, CancellationToken ct)
    {
        var (mark, before) = (changes.Mark(portal), seen.GetValueOrDefault(portal));
        if (before?.Mark == mark || snapshots.Find(portal) is not { } snapshot)
            return;

        if (!ReferenceEquals(before?.Apps, snapshot.Apps))
            await ForgetOthers(portal, ct);
        PeersInSight? now = null;
        foreach (var app in snapshot.Apps.Values.Where(app => app.Meta.Webhook is not null))
        {
            now ??= new(snapshot, await contacts.FindReachable(portal, ct));
            await Tell(portal, app, now, before, ct);
        }

        seen[portal] = new(mark, snapshot.Apps, now);
    }

    private async Task Tell(PortalId portal, App app, PeersInSight now, Seen? before, CancellationToken ct)
    {
        IReadOnlyCollection<ShortId>? changed = null;
        if (before?.Sight is { } sight && before.Apps.GetValueOrDefault(app.Name) is { Meta.Webhook: not null } earlier
            && earlier.RegisteredAt == app.RegisteredAt)
        {
            changed = [.. now.NewsSince(sight, now.ChangedSince(sight), app.Name).Select(news => news.Peer.Short).Distinct()];
            if (changed.Count == 0)
                return;
        }

        while (true)
        {
            var known = await told.Read(portal, app.Name, changed, ct);
            await trust.RequireLook(ct); // so that nothing is taken back that another node has told by a newer snapshot
            if (snapshots.Find(portal) is not { } snapshot || snapshot.Apps.GetValueOrDefault(app.Name)?.RegisteredAt != app.RegisteredAt)
                return;

            var present = new PeersInSight(snapshot, await contacts.FindReachable(portal, ct));
            var asked = known.Version > 0 && changed is not null ? changed : snapshot.Peers.Keys.Union(known.Peers.Keys);
            var news = present.NewsSince(known.Peers, asked, app.Name);
            if (news.Count == 0 || await told.Tell(portal, app, known.Version, news, ct))
                return;
        }
    }

    /// <summary>Forgets what was told to apps that were removed, registered anew, or want no webhooks any more.</summary>
    private async Task ForgetOthers(PortalId portal, CancellationToken ct)
    {
        var apps = await told.FindApps(portal, ct);
        if (apps.Count == 0)
            return;

        await trust.RequireLook(ct); // so that every app is known that another node has told something
        foreach (var (name, registered) in apps)
        {
            if (snapshots.Find(portal)?.Apps.GetValueOrDefault(name) is not { Meta.Webhook: not null } app
                || app.RegisteredAt.ToUnixTimeMilliseconds() != registered)
                await told.Forget(portal, name, registered, ct);
        }
    }

    /// <param name="Sight">Null if no app had a webhook.</param>
    private sealed record Seen(string Mark, ImmutableDictionary<string, App> Apps, PeersInSight? Sight);
}
