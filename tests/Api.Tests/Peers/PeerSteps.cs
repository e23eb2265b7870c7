using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>What owners do in these tests, and what is to be seen of it.</summary>
internal static class PeerSteps
{
    public static Task Add(this LivePortal portal, LivePortal peer, int characters = PortalId.Length) => portal.Add(peer.Id, characters);

    public static Task Add(this LivePortal portal, PortalId peer, int characters = PortalId.Length) =>
        portal.Send(new AddPeer(portal.Id, TypedPortalId.Parse(peer.Value[..characters]), default, default));

    public static Task Remove(this LivePortal portal, LivePortal peer, bool forget = false) =>
        portal.Send(new RemovePeer(portal.Id, TypedPortalId.Of(peer.Id.Short), forget));

    public static Task Block(this LivePortal portal, LivePortal peer) => portal.Send(new BlockPeer(portal.Id, TypedPortalId.Of(peer.Id)));

    public static Task Unblock(this LivePortal portal, LivePortal peer) => portal.Send(new UnblockPeer(portal.Id, TypedPortalId.Of(peer.Id)));

    public static Task TryNow(this LivePortal portal, LivePortal peer) => portal.Send(new TryPeerNow(portal.Id, TypedPortalId.Of(peer.Id)));

    public static Peer? Sees(this LivePortal portal, LivePortal peer) => portal.Sees(peer.Id);

    public static Peer? Sees(this LivePortal portal, PortalId peer) => portal.Snapshot.Peers.GetValueOrDefault(peer.Short);

    /// <summary>Contacts every peer that is due by the test's clock, which Wolverine's schedule does not follow.</summary>
    public static async Task ContactDue(this LivePortal portal)
    {
        var due = portal.Services.GetRequiredService<DueContacts>();
        foreach (var each in portal.Services.GetRequiredService<IPortalSnapshots>().All)
            await due.Publish(each.Portal.Id, default);
    }

    public static async Task<PeerContact> Contact(this LivePortal portal, LivePortal peer) =>
        (await portal.Services.GetRequiredService<IPeerContacts>().Find(portal.Id, [peer.Id.Short], default))
            .GetValueOrDefault(peer.Id.Short, PeerContact.None);

    /// <summary>The whole of it.</summary>
    public static async Task<Contact> Stored(this LivePortal portal, LivePortal peer) =>
        (await portal.Services.GetRequiredService<IPeerContacts>().Load(portal.Id, peer.Id.Short, default)).Contact;

    public static bool IsMutualWith(this LivePortal portal, LivePortal peer) => portal.Sees(peer)?.IsMutual == true;

    public static async Task<IReadOnlyList<PeerEvent>> Past(this LivePortal portal, PortalId peer) =>
        [.. (await new TestStore(portal.Services).ReadStream(portal.Id, $"peer-{peer.Short}", default)).Select(e => (PeerEvent)e.Data)];

    public static Task<IReadOnlyList<PeeringOffer>> Inbox(this LivePortal portal) => portal.Send(new ListPeeringRequests(portal.Id, null, 1000));

    public static async Task<string> Tells(this LivePortal portal, LivePortal peer) =>
        $"{portal.Sees(peer)}\n{await portal.Contact(peer)}\n{string.Join(" ", (await portal.Past(peer.Id)).Select(e => e.GetType().Name).TakeLast(12))}";
}

internal static class Eventually
{
    public static Task Mutual(LivePortal one, LivePortal other, int seconds = 30) => Holds(
        () => one.IsMutualWith(other) && other.IsMutualWith(one),
        async () => $"{await one.Tells(other)}\n{await other.Tells(one)}",
        seconds);

    public static Task Status(LivePortal portal, LivePortal peer, PeerStatus status, int seconds = 30) => Holds(
        () => portal.Sees(peer)?.Status == status, () => portal.Tells(peer), seconds);

    public static Task Holds(Func<bool> condition, Func<Task<string>>? otherwise = null, int seconds = 30) =>
        Holds(() => Task.FromResult(condition()), otherwise, seconds);

    public static async Task Holds(Func<Task<bool>> condition, Func<Task<string>>? otherwise = null, int seconds = 30)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start).TotalSeconds > seconds)
                Assert.Fail("It did not come about in time. " + (otherwise is null ? "" : await otherwise()));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
