using System.Net;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Domain.Peers;

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
