using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>A Portal with something on each of its pages, and the way to all of them.</summary>
internal sealed record EveryPage(LivePortal Portal, LivePortal Peer, LivePortal Stranger)
{
    public static readonly IReadOnlyList<string> Public = ["/", "/pair", "/nothing-here"];

    public IReadOnlyList<string> Owners =>
    [
        "/home", "/peers", "/peers?text=nobody", "/peers/import", $"/peers/{Peer.Id.Short}", $"/peers/{Peer.Id.Short}/remove", $"/peers/{Peer.Id.Short}/block", "/inbox",
        "/apps",
        "/apps/postcards", "/apps/postcards?path=/postcards&as=anonymous", "/apps/postcards/remove", "/circles", $"/circles/{Circle}",
        $"/circles/{Circle}/remove", "/devices", $"/devices/{Device}/rename", $"/devices/{Device}/revoke", "/devices/recovery",
        "/profile", "/history", "/check",
        "/history?about=peers",
    ];

    private string Circle => Portal.Snapshot.Circles.All[0].Id.Value;

    private string Device => Portal.Snapshot.Devices.Keys.Order().First();

    /// <param name="words">The names of everything and everybody.</param>
    public static async Task<EveryPage> Furnish(Browsing browsing, Words words)
    {
        var (portal, peer, stranger) = (await browsing.Move("Portal"), await browsing.Move("Peer"), await browsing.Move("Stranger"));
        await portal.Send(new EditProfile(portal.Id, words.Own, "ada@zone.test", words.Markdown, true));
        await peer.Send(new EditProfile(peer.Id, words.Claimed, null, words.Markdown, true));
        await peer.Send(new SetAvatar(peer.Id, words.Picture));
        await stranger.Send(new EditProfile(stranger.Id, words.Claimed, null, null, false));
        await portal.Add(peer);
        await peer.Add(portal);
        await stranger.Add(portal);
        await portal.Send(new RegisterApp(portal.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(words.App)));
        await portal.Send(new SetVisibility(portal.Id, "postcards", VisibilityMode.Some, [TypedPortalId.Of(peer.Id)]));
        var circle = await portal.Send(new CreateCircle(portal.Id, words.Circle));
        await portal.Send(new SetPeerCircles(portal.Id, TypedPortalId.Of(peer.Id), [circle]));
        var code = await portal.Send(new CreatePairingCode(portal.Id));
        await portal.Send(new PairDevice(portal.Id, code.Code, words.Device));
        await Eventually.Mutual(portal, peer);
        await portal.Send(new RenamePeer(portal.Id, TypedPortalId.Of(peer.Id), words.Petname));
        await Eventually.Holds(async () => (await portal.Services.GetRequiredService<IPeerProfiles>().Find(portal.Id, peer.Id.Short, default)).HasPicture);
        if (words.HostilePicture is { } hostile)
            await Show(portal, peer, hostile);
        var offers = 0;
        while (offers == 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            offers = (await portal.Send(new ListPeeringRequests(portal.Id, null, 10))).Count;
        }

        return new EveryPage(portal, peer, stranger);
    }

    /// <summary>Has the Portal show this as the picture of the peer.</summary>
    public static Task Show(LivePortal portal, LivePortal peer, byte[] picture) =>
        portal.Services.GetRequiredService<IPeerProfiles>().KeepPicture(portal.Id, peer.Id.Short, picture, null, default);

    /// <summary>Everything that people may call something.</summary>
    internal sealed record Words(string Own, string Claimed, string Petname, string Device, string Markdown, string App)
    {
        public byte[] Picture { get; init; } = OwnerTests.Pixel;

        /// <summary>What the peer shows instead of its avatar, or null. A Portal of ours would not send it.</summary>
        public byte[]? HostilePicture { get; init; }

        public string Circle { get; init; } = "Family";

        public static readonly Words Plain = new("Ada Lindqvist", "Bo Márquez", "Bo from the allotment", "Telephone",
            "I keep **bees** and [old maps](https://maps.test).", AppNamed("Postcards"));

        public static string AppNamed(string name) => System.Text.Json.JsonSerializer.Serialize(new
        {
            v = "1.2",
            app_version = "1.0",
            name = "postcards",
            pretty_name = name,
            icon = "icon.svg",
            entrypoints = new[] { new { container_name = "postcards", container_port = 80, entrypoint_port = "http" } },
            paths = new Dictionary<string, object>
            {
                [""] = new { access = "private", headers = new { } },
                ["/postcards"] = new { access = "peer", headers = new Dictionary<string, string> { ["X-Ptl-Client-Id"] = "{{ auth.client_id }}" } },
                ["/public"] = new { access = "public", headers = new { } },
            },
            lifecycle = new { always_on = true },
            permissions = new[] { "profile", "devices" },
        });
    }
}
