using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>What owners do in these tests, and what is to be seen of it.</summary>
internal static class PeerSteps
{
    public static Task Add(this LivePortal portal, LivePortal peer, int characters = PortalId.Length) =>
        portal.Send(new AddPeer(portal.Id, TypedPortalId.Parse(peer.Id.Value[..characters]), default, default));

    public static Task Remove(this LivePortal portal, LivePortal peer, bool forget = false) =>
        portal.Send(new RemovePeer(portal.Id, TypedPortalId.Of(peer.Id.Short), forget));

    public static PeerRow? Sees(this LivePortal portal, LivePortal peer) => portal.Snapshot.Peers.GetValueOrDefault(peer.Id.Short);

    /// <summary>As its owner sees it, what went wrong last included.</summary>
    public static async Task<PeerView> Shows(this LivePortal portal, LivePortal peer) =>
        await portal.Send(new ShowPeer(portal.Id, TypedPortalId.Of(peer.Id.Short)));

    public static bool IsMutualWith(this LivePortal portal, LivePortal peer) => portal.Sees(peer)?.IsMutual == true;
}

internal static class Eventually
{
    public static Task Mutual(LivePortal one, LivePortal other) => Holds(
        () => one.IsMutualWith(other) && other.IsMutualWith(one),
        async () => $"{await one.Tells(other)}\n{await other.Tells(one)}");

    private static async Task<string> Tells(this LivePortal portal, LivePortal peer)
    {
        var events = await portal.Services.GetRequiredService<IEventStore>().ReadStream(portal.Id, $"peer-{peer.Id.Short}", default, default);
        return $"{await portal.Shows(peer)}\n{string.Join("\n", events.Select(e => e.Data.GetType().Name))}";
    }

    public static async Task Holds(Func<bool> condition, Func<Task<string>>? otherwise = null, int seconds = 10)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start).TotalSeconds > seconds)
                Assert.Fail("It did not come about in time. " + (otherwise is null ? "" : await otherwise()));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
