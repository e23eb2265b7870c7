using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>Docs/protocol.md, peering: two whole registries over TLS, whatever comes between them.</summary>
public sealed class HandshakeTests(TwoPortals portals) : IClassFixture<TwoPortals>, IAsyncLifetime
{
    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    public async ValueTask InitializeAsync() => await portals.Part();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Two_Portals_that_add_each_other_are_mutual()
    {
        await Ada.Add(Bob, characters: 6);
        await Eventually.Holds(async () => Ada.Sees(Bob)?.Key is not null && !(await Ada.Contact(Bob)).Waiting, () => Ada.Tells(Bob));
        Assert.Equal((PeerStatus.Pending, PeerVerification.FirstUse), (Ada.Sees(Bob)!.Status, Ada.Sees(Bob)!.Verified));

        await Bob.Add(Ada);
        await Eventually.Mutual(Ada, Bob);
        Assert.Equal(("Bob", PeerVerification.FullId), (Ada.Sees(Bob)!.Name, Bob.Sees(Ada)!.Verified));
        Assert.True((await Ada.Contact(Bob)).IsReachable);
    }

    [Fact]
    public async Task Both_may_add_at_the_same_instant_a_hundred_times()
    {
        for (var i = 0; i < 100; i++)
        {
            await Task.WhenAll(Ada.Add(Bob, i % 2 == 0 ? 6 : 103), Bob.Add(Ada));
            await Eventually.Mutual(Ada, Bob);
            if (i % 3 == 0)
            {
                await portals.Part();
                continue;
            }

            await Task.WhenAll(Ada.Remove(Bob), Bob.Remove(Ada));
        }
    }

    [Fact]
    public async Task A_removed_peer_is_told_and_becomes_mutual_again_when_added_again()
    {
        await BecomeMutual();
        await Ada.Remove(Bob);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        Assert.False(Ada.Sees(Bob)!.Listed);

        await Ada.Add(Bob);
        await Eventually.Mutual(Ada, Bob);
    }

    [Fact]
    public async Task Removing_and_adding_again_while_the_other_is_away_ends_mutual()
    {
        await BecomeMutual();
        Bob.Down = true;
        await Ada.Remove(Bob);
        await Ada.Add(Bob);
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).LastError is not null);
        Assert.Equal(PeerStatus.Pending, Ada.Sees(Bob)!.Status);
        Assert.True(Bob.IsMutualWith(Ada));

        Bob.Down = false;
        await PassTime(TimeSpan.FromMinutes(2));
        await Eventually.Mutual(Ada, Bob);
        Assert.DoesNotContain((await Bob.Past(Ada.Id)).Reverse().TakeWhile(e => e is not PeerAdded), e => e is PeeringWithdrawn);
    }

    [Fact]
    public async Task Only_the_latest_wanted_state_is_delivered()
    {
        await BecomeMutual();
        Bob.Down = true;
        await Ada.Remove(Bob);
        await Ada.Add(Bob);
        await Ada.Remove(Bob);
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).LastError is not null);

        Bob.Down = false;
        await PassTime(TimeSpan.FromMinutes(2));
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        await Eventually.Holds(async () => !(await Ada.Contact(Bob)).Waiting, () => Ada.Tells(Bob));
    }

    [Fact]
    public async Task An_answer_that_is_lost_after_it_was_recorded_is_asked_for_again()
    {
        await Ada.Add(Bob);
        await Eventually.Holds(async () => Ada.Sees(Bob)?.Key is not null && !(await Ada.Contact(Bob)).Waiting, () => Ada.Tells(Bob));
        var lost = 0;
        Ada.LosesAnswer = context => HttpMethods.IsPut(context.Request.Method) && Interlocked.Increment(ref lost) == 1;
        Bob.Down = true; // so that Bob hears it from the answer and from nothing else
        await Bob.Add(Ada);
        await Eventually.Holds(async () => lost == 1 && (await Bob.Contact(Ada)).LastError is not null, () => Bob.Tells(Ada));
        Assert.True(Ada.IsMutualWith(Bob));
        Assert.True((await Bob.Contact(Ada)).Waiting);

        await PassTime(TimeSpan.FromMinutes(2));
        await Eventually.Holds(async () => Bob.IsMutualWith(Ada) && !(await Bob.Contact(Ada)).Waiting, () => Bob.Tells(Ada));
        Assert.Single((await Ada.Past(Bob.Id)).Reverse().TakeWhile(e => e is not PeerAdded), e => e is PeeringConfirmed);
    }

    [Fact]
    public async Task One_that_comes_back_from_an_old_backup_without_its_peer_is_found_out()
    {
        var before = await Ada.Backup();
        await BecomeMutual();
        await Ada.Restore(before);
        Assert.True(Bob.IsMutualWith(Ada));

        await PassTime(TimeSpan.FromMinutes(11)); // said again at most every ten
        Bob.Services.GetRequiredService<IPeerContacts>().CallFailed(Bob.Id, Ada.Id.Short, refused: true);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        Assert.Contains(await Ada.Inbox(), o => o.Id == Bob.Id);

        await Ada.Send(new AcceptOffer(Ada.Id, Bob.Id, "Bobby"));
        await Eventually.Mutual(Ada, Bob);
        Assert.Equal("Bobby", Ada.Sees(Bob)!.Name);
    }

    [Fact]
    public async Task One_that_comes_back_from_an_old_backup_with_a_peer_it_had_removed_becomes_mutual_again()
    {
        await BecomeMutual();
        var before = await Ada.Backup();
        await Ada.Remove(Bob);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        await Ada.Restore(before);
        Assert.True(Ada.IsMutualWith(Bob));

        await PassTime(TimeSpan.FromMinutes(11));
        Ada.Services.GetRequiredService<IPeerContacts>().CallFailed(Ada.Id, Bob.Id.Short, refused: true);
        await Eventually.Mutual(Ada, Bob);
    }

    [Fact]
    public async Task A_blocked_peer_is_treated_as_unknown_and_may_come_back()
    {
        await BecomeMutual();
        await Ada.Block(Bob);
        await Bob.TryNow(Ada);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        Assert.Empty(await Ada.Inbox());

        await Ada.Unblock(Bob);
        await Eventually.Mutual(Ada, Bob);
    }

    [Fact]
    public async Task Each_block_is_found_out_when_the_owner_asks_however_soon_after_the_last()
    {
        await BecomeMutual();
        for (var i = 0; i < 3; i++)
        {
            await Ada.Block(Bob);
            await Bob.TryNow(Ada);
            await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);

            await Ada.Unblock(Bob);
            await Eventually.Mutual(Ada, Bob);
        }
    }

    [Fact]
    public async Task Who_asks_while_a_visit_finds_out_a_block_waits_for_no_pause()
    {
        await BecomeMutual();
        var visits = 0;
        Ada.LosesAnswer = context =>
        {
            if (HttpMethods.IsPut(context.Request.Method) && Interlocked.Increment(ref visits) == 1)
                Bob.TryNow(Ada).GetAwaiter().GetResult();
            return false;
        };
        await Ada.Block(Bob);
        await Bob.TryNow(Ada);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        Assert.InRange(visits, 2, 3);
    }

    [Fact]
    public async Task A_new_name_reaches_the_peers_and_leaves_their_petnames()
    {
        await BecomeMutual();
        await Ada.Send(new EditProfile(Ada.Id, "Ada L.", null, null, false));
        await Eventually.Holds(() => Bob.Sees(Ada)!.ClaimedName == "Ada L.", () => Bob.Tells(Ada));

        await Bob.Send(new RenamePeer(Bob.Id, TypedPortalId.Of(Ada.Id), "My Ada"));
        await Ada.Send(new EditProfile(Ada.Id, "Ada", null, null, false));
        await Eventually.Holds(() => Bob.Sees(Ada)!.ClaimedName == "Ada", () => Bob.Tells(Ada));
        Assert.Equal("My Ada", Bob.Sees(Ada)!.Name);
    }

    [Fact]
    public async Task An_unreachable_peer_is_tried_less_and_less_often_and_given_up_after_thirty_days()
    {
        Bob.Down = true;
        await Ada.Add(Bob);
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).LastError?.Code == "connection_broken", () => Ada.Tells(Bob));
        Assert.Null((await Ada.Contact(Bob)).IsReachable);
        var first = (await Ada.Contact(Bob)).NextAttemptAt - portals.Zone.Clock.GetUtcNow();
        Assert.InRange(first!.Value.TotalSeconds, 1, 12.5);

        await PassTime(TimeSpan.FromSeconds(15));
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).IsReachable == false, () => Ada.Tells(Bob));

        await PassTime(TimeSpan.FromDays(31));
        await Eventually.Holds(async () => (await Ada.Contact(Bob)) is { LastError.Code: "given_up", NextAttemptAt: null }, () => Ada.Tells(Bob));

        Bob.Down = false;
        await Bob.Add(Ada);
        await Ada.TryNow(Bob);
        await Eventually.Mutual(Ada, Bob);
    }

    [Fact]
    public async Task The_identity_is_asked_for_again_in_time_and_after_a_failed_call()
    {
        await BecomeMutual();
        var met = (await Ada.Contact(Bob)).LastSeenAt;
        await PassTime(TimeSpan.FromHours(9) + TimeSpan.FromMinutes(1)); // 6 h, give or take half of it
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).LastSeenAt > met + TimeSpan.FromHours(8), () => Ada.Tells(Bob));

        var again = (await Ada.Contact(Bob)).LastSeenAt;
        await PassTime(TimeSpan.FromMinutes(1));
        Ada.Services.GetRequiredService<IPeerContacts>().CallFailed(Ada.Id, Bob.Id.Short, refused: false);
        await Eventually.Holds(async () => (await Ada.Contact(Bob)).LastSeenAt > again, () => Ada.Tells(Bob));
        Assert.True(Ada.IsMutualWith(Bob));
    }

    [Fact]
    public async Task An_owners_request_does_not_wait_for_the_network()
    {
        portals.Zone.Strangers["zzzzzz"] = async context => await Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System, context.RequestAborted);
        var start = TimeProvider.System.GetTimestamp();
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Parse("zzzzzz"), default, default));
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, 5);
        await Ada.Send(new RemovePeer(Ada.Id, TypedPortalId.Parse("zzzzzz"), false));
    }

    [Fact]
    public async Task Forgetting_drops_the_pin_and_removing_keeps_it()
    {
        await BecomeMutual();
        await Ada.Remove(Bob);
        Assert.Equal(Bob.Id, Ada.Sees(Bob)!.Key!.Id);
        await Ada.Remove(Bob, forget: true);
        Assert.Null(Ada.Sees(Bob));
    }

    private async Task BecomeMutual()
    {
        await Task.WhenAll(Ada.Add(Bob), Bob.Add(Ada));
        await Eventually.Mutual(Ada, Bob);
        await Eventually.Holds(async () => !(await Ada.Contact(Bob)).Waiting && !(await Bob.Contact(Ada)).Waiting);
    }

    private async Task PassTime(TimeSpan by)
    {
        portals.Zone.Clock.Advance(by);
        await Ada.ContactDue();
        await Bob.ContactDue();
    }
}
