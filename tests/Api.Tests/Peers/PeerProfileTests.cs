using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>What a peer says of itself is shown to the owner and trusted by nobody.</summary>
public sealed class PeerProfileTests(TwoPortals portals) : IClassFixture<TwoPortals>, IAsyncLifetime
{
    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    public async ValueTask InitializeAsync() => await portals.Part();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Description_and_picture_of_a_peer_are_there_for_the_owner_and_go_when_the_peer_has_none()
    {
        await Bob.Send(new EditProfile(Bob.Id, "Bob", null, "I keep **bees**.\n\n- honey", false));
        await Bob.Send(new SetAvatar(Bob.Id, OwnerTests.Pixel));
        await Ada.Add(Bob);
        await Eventually.Holds(async () => await Kept(Bob.Id) is { Description: "I keep **bees**.\n\n- honey", HasPicture: true });

        using var owner = await Ada.Owner();
        var path = $"/core/protected/peers/{Bob.Id.Short}/avatar";
        var picture = await owner.Get(path);
        Assert.Equal((HttpStatusCode.OK, "image/jpeg", "nosniff"), (picture.Status, picture.Header("Content-Type"), picture.Header("X-Content-Type-Options")));
        Assert.Equal("private, no-cache, no-transform", picture.Header("Cache-Control"));
        Assert.Equal(("default-src 'none'; sandbox", "same-origin"),
            (picture.Header("Content-Security-Policy"), picture.Header("Cross-Origin-Resource-Policy")));
        Assert.Equal(await Bob.Services.GetRequiredService<IAvatars>().Read(Bob.Id, default), await owner.GetByteArrayAsync(path));
        Assert.Equal(HttpStatusCode.NotModified, (await owner.Get(path, ("If-None-Match", picture.Header("ETag")!))).Status);
        Assert.Contains("<strong>bees</strong>", (await owner.Get($"/peers/{Bob.Id.Short}")).Body, StringComparison.Ordinal);

        using var anybody = portals.Zone.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.Get($"https://{Ada.Domain}{path}")).Status);
        Assert.Equal("peer_unknown", (await owner.Get("/core/protected/peers/aaaaaa/avatar")).Code);

        await Bob.Send(new EditProfile(Bob.Id, "Bob", null, null, false));
        await Bob.Send(new SetAvatar(Bob.Id, null));
        await Ada.TryNow(Bob);
        await Eventually.Holds(async () => await Kept(Bob.Id) == PeerProfile.None);
        Assert.Equal("avatar_unknown", (await owner.Get(path)).Code);
    }

    [Fact]
    public async Task A_removed_peer_leaves_nothing_and_a_visit_under_way_brings_nothing_back()
    {
        await Bob.Send(new EditProfile(Bob.Id, "Bob", null, "Bees", false));
        await Bob.Send(new SetAvatar(Bob.Id, OwnerTests.Pixel));
        await Ada.Add(Bob);
        await Eventually.Holds(async () => (await Kept(Bob.Id)).HasPicture);
        await Ada.Remove(Bob);

        var profiles = Ada.Services.GetRequiredService<IPeerProfiles>();
        await profiles.KeepDescription(Ada.Id, Bob.Id.Short, "Late", default);
        await profiles.KeepPicture(Ada.Id, Bob.Id.Short, OwnerTests.Pixel, null, default);
        Assert.Equal(PeerProfile.None, await Kept(Bob.Id));
    }

    [Theory]
    [InlineData("svg"), InlineData("polyglot"), InlineData("huge"), InlineData("none")]
    public async Task What_is_no_picture_is_not_kept_and_ends_the_one_before(string what)
    {
        using var peer = await Met(context => Show(context, OwnerTests.Pixel));
        await Visit(peer, context => what == "none" ? Fail(context, 404) : Show(context, what switch
        {
            "svg" => "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8.ToArray(),
            "polyglot" => [.. OwnerTests.Pixel, .. "<script>alert(1)</script>"u8],
            _ => Sized(AvatarImage.MaxSide + 1),
        }));
        await Eventually.Holds(async () => !(await Kept(peer.Key.Id)).HasPicture);
    }

    [Theory]
    [InlineData("error"), InlineData("redirect"), InlineData("too long"), InlineData("gone")]
    public async Task A_picture_that_cannot_be_had_fails_no_visit_and_leaves_the_one_before(string how)
    {
        using var peer = await Met(context => Show(context, OwnerTests.Pixel, "\"one\""));
        for (var visit = 0; visit < 2; visit++)
        {
            var before = await Contact(peer);
            var asked = await Visit(peer, context =>
            {
                switch (how)
                {
                    case "error":
                        return Fail(context, 500);
                    case "redirect":
                        context.Response.Redirect("/core/public/meta/avatar?again");
                        return Task.CompletedTask;
                    case "gone":
                        context.Abort();
                        return Task.CompletedTask;
                    default:
                        return Show(context, new byte[AvatarImage.MaxLength + 1]);
                }
            });
            await Eventually.Holds(() => asked.Count == 1);
            await Eventually.Holds(async () => await Contact(peer) is { LastError: null, IsReachable: true } now && now.LastSeenAt > before.LastSeenAt);
            Assert.Equal("\"one\"", asked.Single()); // which is known only with the picture
        }

        Assert.True((await Kept(peer.Key.Id)).HasPicture);
    }

    [Fact]
    public async Task An_unchanged_picture_is_asked_for_and_not_sent_again()
    {
        using var peer = await Met(context => Show(context, OwnerTests.Pixel, "\"one\""));
        var asked = await Visit(peer, context => Fail(context, 304));
        await Eventually.Holds(() => asked.Count == 1);
        Assert.Equal("\"one\"", asked.Single());
        Assert.True((await Kept(peer.Key.Id)).HasPicture);
    }

    [Fact]
    public async Task A_description_is_cut_and_freed_of_what_cannot_be_shown_and_records_nothing()
    {
        using var peer = await Met(context => Fail(context, 404), "a\0b\u202Ec\r\n\td\u0007 " + string.Concat(Enumerable.Repeat("🐝", 20_000)));
        var kept = (await Kept(peer.Key.Id)).Description!;
        Assert.StartsWith("abc\n\td 🐝", kept, StringComparison.Ordinal);
        Assert.InRange(kept.Length, Profile.MaxDescription - 1, Profile.MaxDescription);
        Assert.EndsWith("🐝", kept, StringComparison.Ordinal);

        var met = await Events();
        for (var i = 0; i < 3; i++)
        {
            var asked = await Visit(peer, context => Fail(context, 404), $"Another {i}");
            await Eventually.Holds(async () => asked.Count == 1 && (await Kept(peer.Key.Id)).Description == $"Another {i}");
        }

        Assert.Equal(met, await Events());
    }

    private Task<PeerProfile> Kept(PortalId peer) => Ada.Services.GetRequiredService<IPeerProfiles>().Find(Ada.Id, peer.Short, default);

    private async Task<int> Events() => (await Ada.Send(new ReadAudit(Ada.Id, null, null, 0, 1000))).Count;

    private async Task<PeerContact> Contact(Stranger peer) => (await Ada.Send(new ShowPeer(Ada.Id, TypedPortalId.Of(peer.Key.Id)))).Contact;

    /// <summary>A contact that was visited once. It is of the older kind, which signs nothing.</summary>
    private async Task<Stranger> Met(RequestDelegate avatar, string? description = null)
    {
        var peer = Stranger.WithRsa();
        var asked = Serve(peer, avatar, description);
        await Ada.Add(peer.Key.Id);
        await Eventually.Holds(async () => asked.Count == 1 && (await Contact(peer)).LastSeenAt is not null && await Kept(peer.Key.Id) != PeerProfile.None);
        return peer;
    }

    /// <returns>What each request for the picture called the one that is known.</returns>
    private async Task<ConcurrentQueue<string>> Visit(Stranger peer, RequestDelegate avatar, string? description = null)
    {
        var asked = Serve(peer, avatar, description);
        portals.Zone.Clock.Advance(TimeSpan.FromSeconds(1));
        await Ada.Send(new TryPeerNow(Ada.Id, TypedPortalId.Of(peer.Key.Id)));
        return asked;
    }

    private ConcurrentQueue<string> Serve(Stranger peer, RequestDelegate avatar, string? description)
    {
        var asked = new ConcurrentQueue<string>();
        portals.Zone.Strangers[peer.Key.Id.Short.Value] = async context =>
        {
            if (context.Request.Path == "/core/public/meta/avatar")
            {
                asked.Enqueue(context.Request.Headers.IfNoneMatch.ToString());
                await avatar(context);
            }
            else if (context.Request.Path == "/core/public/meta/whoareyou")
            {
                await context.Response.WriteAsJsonAsync(new
                {
                    id = peer.Key.Id.Value,
                    public_key_pem = peer.Key.Pem,
                    name = "Peer",
                    description,
                    domain = $"{peer.Key.Id.Short}.{Neighbourhood.Zone}",
                });
            }
            else
            {
                context.Response.StatusCode = 404;
            }
        };
        return asked;
    }

    private static async Task Show(HttpContext context, byte[] bytes, string? tag = null)
    {
        context.Response.ContentType = "image/png";
        context.Response.Headers.ETag = tag;
        await context.Response.Body.WriteAsync(bytes);
    }

    private static Task Fail(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>A PNG that says it is this wide.</summary>
    private static byte[] Sized(int width)
    {
        var bytes = OwnerTests.Pixel;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), width);
        return bytes;
    }
}
