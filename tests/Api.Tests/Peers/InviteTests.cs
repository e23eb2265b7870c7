using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

public sealed class InviteTests(TestPostgres postgres)
{
    [Fact]
    public async Task Whoever_brings_an_invite_is_mutual_without_being_asked_about()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (a, b) = (await zone.Move("A"), await zone.Move("B"));
        await Bring(b, a, (await a.Send(new CreateInvite(a.Id))).Code);
        await Eventually.Mutual(a, b);
        Assert.Equal(PeerVerification.Invite, a.Sees(b)!.Verified);
        Assert.Equal(PeerVerification.Invite, b.Sees(a)!.Verified);

        var store = new TestStore(a.Services);
        var events = (await store.ReadStream(a.Id, $"peer-{b.Id.Short}", default)).Take(3).ToList();
        Assert.Equal([typeof(PeerAdded), typeof(PeerKeyPinned), typeof(PeeringConfirmed)], events.Select(e => e.Data.GetType()));
        Assert.All(events, e => Assert.Equal(($"peer:{b.Id}", "invite"), (e.Actor.Value, e.Reason)));
        Assert.Equal(b.Id, a.Snapshot.Portal.Invites.Single().UsedBy);
    }

    [Fact]
    public async Task Of_two_with_the_same_invite_one_is_let_in_and_the_other_lands_in_the_inbox()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (a, b, c) = (await zone.Move("A"), await zone.Move("B"), await zone.Move("C"));
        var code = (await a.Send(new CreateInvite(a.Id))).Code;
        await Task.WhenAll(Bring(b, a, code), Bring(c, a, code));
        await Eventually.Holds(() => (a.IsMutualWith(b) ? 1 : 0) + (a.IsMutualWith(c) ? 1 : 0) == 1);
        var late = a.IsMutualWith(b) ? c : b;
        Assert.Equal([late.Id], await Inbox(a, 1));
        Assert.Null(a.Sees(late));
    }

    [Theory, InlineData("revoked"), InlineData("expired"), InlineData("wrong")]
    public async Task A_notice_with_an_invalid_invite_is_an_ordinary_request(string how)
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (a, b) = (await zone.Move("A"), await zone.Move("B"));
        var invite = await a.Send(new CreateInvite(a.Id, how == "expired" ? TimeSpan.FromMilliseconds(1) : null));
        if (how == "revoked")
            await a.Send(new RevokeInvite(a.Id, invite.Id));
        await Bring(b, a, how == "wrong" ? new string('A', 22) : invite.Code);
        Assert.Equal([b.Id], await Inbox(a, 1));
        Assert.Null(a.Sees(b));
    }

    [Fact]
    public async Task Who_used_an_invite_and_lost_the_answer_is_told_again_and_recorded_once()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var a = await zone.Move("A");
        var code = (await a.Send(new CreateInvite(a.Id))).Code;
        using var guest = Stranger.Appear();
        a.LosesAnswer = _ => true;
        await Assert.ThrowsAsync<HttpRequestException>(() => guest.Send(a, 77, invite: code));
        a.LosesAnswer = null;
        Assert.Equal(guest.Key.Id, a.Snapshot.Portal.Invites.Single().UsedBy);

        foreach (var revision in new[] { 77, 78 })
            Assert.Equal($$"""{"peering":"mutual","revision":{{revision}},"apps":[]}""", Encoding.UTF8.GetString((await guest.Send(a, revision, invite: code)).Body));
        zone.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal("""{"peering":"mutual","revision":79,"apps":[]}""", Encoding.UTF8.GetString((await guest.Send(a, 79, invite: code)).Body));
        Assert.Single(await a.Past(guest.Key.Id), e => e is PeerAdded);
        Assert.Single(await new TestStore(a.Services).ReadStream(a.Id, "portal", default), e => e.Data is InviteUsed);
    }

    [Fact]
    public async Task Who_was_removed_and_comes_with_the_used_invite_is_answered_as_anybody()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var a = await zone.Move("A");
        var code = (await a.Send(new CreateInvite(a.Id))).Code;
        using var guest = Stranger.Appear();
        using var anybody = Stranger.Appear();
        await guest.Send(a, 77, invite: code);
        await a.Send(new RemovePeer(a.Id, TypedPortalId.Of(guest.Key.Id), Forget: false));

        var (expected, answer) = (await anybody.Send(a, 78), await guest.Send(a, 78, invite: code));
        Assert.Equal("""{"peering":"offered","revision":78}""", Encoding.UTF8.GetString(expected.Body));
        Assert.Equal(expected.Status, answer.Status);
        Assert.Equal(expected.Body, answer.Body);
        Assert.Equal(expected.Headers, answer.Headers);
        Assert.False(a.Sees(guest.Key.Id)!.Listed);
        Assert.Contains(await a.Inbox(), o => o.Id == guest.Key.Id);
    }

    [Fact]
    public async Task A_used_invite_does_not_bring_back_a_peer_that_was_removed()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (a, b) = (await zone.Move("A"), await zone.Move("B"));
        var code = (await a.Send(new CreateInvite(a.Id))).Code;
        await Bring(b, a, code);
        await Eventually.Mutual(a, b);
        await a.Remove(b);
        await Eventually.Holds(() => b.Sees(a)!.Status == PeerStatus.Withdrawn);
        await b.Remove(a);
        await Bring(b, a, code);
        Assert.Equal([b.Id], await Inbox(a, 1));
        Assert.False(a.Sees(b)!.Listed);
    }

    [Fact]
    public void Ten_wrong_codes_a_minute_are_looked_at_from_one_network()
    {
        var guesses = new InviteGuesses(TimeProvider.System);
        var portal = PublicKey.Ed25519(new byte[32]).Id;
        for (var i = 0; i < 10; i++)
        {
            Assert.False(guesses.AreTooMany(portal, "198.18.0.0/24"));
            guesses.Count(portal, "198.18.0.0/24");
        }

        Assert.True(guesses.AreTooMany(portal, "198.18.0.0/24"));
        Assert.False(guesses.AreTooMany(portal, "198.18.1.0/24"));
    }

    private static Task<bool> Bring(LivePortal guest, LivePortal host, string code) =>
        guest.Send(new AddPeer(guest.Id, TypedPortalId.Of(host.Id), default, default, code));

    private static async Task<List<PortalId>> Inbox(LivePortal portal, int expected)
    {
        var found = new List<PortalId>();
        for (var i = 0; i < 200 && found.Count < expected; i++)
        {
            found = [.. (await portal.Send(new ListPeeringRequests(portal.Id, null, 10))).Select(o => o.Id)];
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        return found;
    }
}
