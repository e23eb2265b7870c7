using System.Net;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>What the owner does with those who knock; two Portals of its own, as the inbox has room for few from one network.</summary>
public sealed class InboxTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    [Fact]
    public async Task The_owner_accepts_an_offer()
    {
        var (ada, bob) = (portals.Ada, portals.Bob);
        using var owner = await ada.Owner();
        await bob.Add(ada);
        await Eventually.Holds(async () => (await ada.Inbox()).Any(o => o.Id == bob.Id));
        using var accepted = await owner.PostAsync($"/core/protected/peering/requests/{bob.Id}/accept", null);
        Assert.Equal(HttpStatusCode.NoContent, accepted.StatusCode);
        await Eventually.Mutual(ada, bob);
        Assert.DoesNotContain(await ada.Inbox(), o => o.Id == bob.Id);
        Assert.Equal(PeerVerification.FirstUse, ada.Sees(bob)!.Verified);

        using var again = await owner.PostAsync($"/core/protected/peering/requests/{bob.Id}/accept", null);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        using var malformed = await owner.PostAsync("/core/protected/peering/requests/abcdef/ignore", null);
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
    }

    [Fact]
    public async Task A_flood_of_claimed_IDs_hides_no_other_caller()
    {
        var ada = portals.Ada;
        await ada.Send(new RegisterApp(ada.Id, "wall", """{"v":"1.0","name":"wall","paths":{"":{"access":"peer"}}}"""u8.ToArray()));
        void Call(string network, string keyId, string app = "wall", string reason = SignatureReasons.SignerUnknown) => ada.Services
            .GetRequiredService<IRefusedCalls>().Record(ada.Id, app, "/", network, new SignatureVerdict(null, reason, null, "sig1", keyId));

        Call("198.51.100.0/24", "p3nfr1");
        foreach (var claimed in new[] { "aaaaaa", "bbbbbb", "cccccc", "dddddd", "p3nfr1" })
            Call("203.0.113.0/24", claimed);
        Call("192.0.2.0/24", "eeeeee", app: "nosuch");
        Call("192.0.2.0/24", "ffffff", reason: SignatureReasons.Replayed);
        Call("192.0.2.0/24", ada.Id.Value);
        Call("192.0.2.0/24", ada.Id.Short.Value);
        Call("192.0.2.0/24", "<b>x</b>");
        var found = await ada.Send(new FindUnknownCallers(ada.Id));
        Assert.Equal(["cccccc", "dddddd", "p3nfr1"], found.Select(caller => caller.Short.Value).Order(StringComparer.Ordinal));

        await ada.Send(new AddPeer(ada.Id, TypedPortalId.Parse("p3nfr1"), default, default));
        await ada.Send(new BlockPeer(ada.Id, TypedPortalId.Parse("p3nfr1")));
        await ada.Send(new RemovePeer(ada.Id, TypedPortalId.Parse("p3nfr1"), Forget: false));
        Assert.DoesNotContain(await ada.Send(new FindUnknownCallers(ada.Id)), caller => caller.Short.Value == "p3nfr1");
    }

    [Fact]
    public async Task A_request_is_new_until_the_owner_says_that_it_was_seen()
    {
        var bob = portals.Bob;
        using var stranger = Stranger.Appear();
        await bob.Send(stranger.Notice(bob, 1));
        using var owner = await bob.Owner();
        await owner.Get("/core/protected/peering/requests");
        Assert.False(Assert.Single(await bob.Inbox()).Seen);

        using var anybody = portals.Zone.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.Post($"https://{bob.Domain}/core/protected/peering/requests/seen")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Post("/core/protected/peering/requests/seen")).Status);
        Assert.True(Assert.Single(await bob.Inbox()).Seen);

        await bob.Send(stranger.Notice(bob, 2));
        Assert.True(Assert.Single(await bob.Inbox()).Seen);
    }
}
