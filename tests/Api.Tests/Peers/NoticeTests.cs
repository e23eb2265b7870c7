using System.Net;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>What a notice may do and what it gives away: nothing to whoever is no contact.</summary>
public sealed class NoticeTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    private LivePortal Ada => portals.Ada;

    [Fact]
    public async Task Deliveries_in_any_order_end_in_the_latest_state()
    {
        (WantedPeering Said, PeerStatus Then)[] words =
            [(WantedPeering.Offered, PeerStatus.Mutual), (WantedPeering.Withdrawn, PeerStatus.Withdrawn), (WantedPeering.Offered, PeerStatus.Mutual)];
        foreach (var count in new[] { 2, 3 })
        {
            foreach (var order in Orders(Enumerable.Range(1, count).ToArray()))
            {
                using var peer = await Contact();
                foreach (var revision in order)
                    await Ada.Send(peer.Notice(Ada, revision, words[revision - 1].Said));
                var status = Ada.Sees(peer.Key.Id)!.Status;
                Assert.True(status == words[count - 1].Then || (count == 2 && status == PeerStatus.Pending && order[0] == 2),
                    $"{string.Join(' ', order)}: {status}");
            }
        }
    }

    [Fact]
    public async Task Concurrent_deliveries_end_in_the_latest_state()
    {
        for (var round = 0; round < 20; round++)
        {
            using var peer = await Contact();
            var last = round % 2 == 0 ? WantedPeering.Offered : WantedPeering.Withdrawn;
            await Task.WhenAll(Enumerable.Range(1, 8).Select(revision => Ada.Send(
                peer.Notice(Ada, revision, revision % 2 == 0 ? last : last == WantedPeering.Offered ? WantedPeering.Withdrawn : WantedPeering.Offered))));
            Assert.Equal(last == WantedPeering.Offered, Ada.Sees(peer.Key.Id)!.IsMutual);
        }
    }

    [Fact]
    public async Task An_old_revision_changes_nothing_and_gets_the_current_state()
    {
        using var peer = await Contact();
        Assert.Equal((true, 10L), await Told(peer.Notice(Ada, 10)));
        Assert.Equal((true, 10L), await Told(peer.Notice(Ada, 9, WantedPeering.Withdrawn)));
        Assert.Equal((false, 11L), await Told(peer.Notice(Ada, 11, WantedPeering.Withdrawn)));
        Assert.Equal((false, 10L), await Told(peer.Notice(Ada, 10)));
        Assert.Equal(PeerStatus.Withdrawn, Ada.Sees(peer.Key.Id)!.Status);
    }

    [Fact]
    public async Task An_equal_revision_with_a_withdrawal_does_not_end_a_mutual_peering()
    {
        using var peer = await Contact();
        await Ada.Send(peer.Notice(Ada, 10));
        Assert.Equal((true, 10L), await Told(peer.Notice(Ada, 10, WantedPeering.Withdrawn)));
        Assert.Equal(PeerStatus.Mutual, Ada.Sees(peer.Key.Id)!.Status);
    }

    [Fact]
    public async Task An_equal_revision_with_an_offer_does_not_undo_a_withdrawal()
    {
        using var peer = await Contact();
        await Ada.Send(peer.Notice(Ada, 9));
        await Ada.Send(peer.Notice(Ada, 10, WantedPeering.Withdrawn));
        Assert.Equal((false, 10L), await Told(peer.Notice(Ada, 10)));
        Assert.Equal(PeerStatus.Withdrawn, Ada.Sees(peer.Key.Id)!.Status);
    }

    [Fact]
    public async Task Of_two_concurrent_notices_with_one_revision_only_one_takes_effect()
    {
        for (var round = 0; round < 10; round++)
        {
            using var peer = await Contact();
            await Ada.Send(peer.Notice(Ada, 9));
            await Task.WhenAll(Ada.Send(peer.Notice(Ada, 10)), Ada.Send(peer.Notice(Ada, 10, WantedPeering.Withdrawn)));
            var status = Ada.Sees(peer.Key.Id)!.Status;
            await Ada.Send(peer.Notice(Ada, 10, status == PeerStatus.Mutual ? WantedPeering.Withdrawn : WantedPeering.Offered));
            Assert.Equal(status, Ada.Sees(peer.Key.Id)!.Status);
        }
    }

    [Fact]
    public async Task A_contact_that_changes_its_name_without_end_leaves_ten_events_a_day()
    {
        using var peer = await Contact();
        for (var revision = 1; revision <= 40; revision++)
            await Ada.Send(peer.Notice(Ada, revision) with { Name = $"Name {revision}" });
        Assert.Equal(10, (await Ada.Past(peer.Key.Id)).Count(e => e is PeerNameClaimed));
        Assert.Equal("Name 10", Ada.Sees(peer.Key.Id)!.ClaimedName);

        portals.Zone.Clock.Advance(TimeSpan.FromDays(1));
        await Ada.Send(peer.Notice(Ada, 41) with { Name = "Name 40" });
        Assert.Equal("Name 40", Ada.Sees(peer.Key.Id)!.ClaimedName);
    }

    [Fact]
    public async Task A_notice_before_first_contact_neither_pins_nor_confirms()
    {
        using var forger = Stranger.Appear();
        await Ada.Add(forger.Key.Id, characters: 6); // the owner means somebody else, who has not been reached yet
        var (status, body, _) = await forger.Send(Ada, 1);
        Assert.Equal((HttpStatusCode.OK, """{"peering":"offered","revision":1}"""), (status, System.Text.Encoding.UTF8.GetString(body)));
        Assert.Null(Ada.Sees(forger.Key.Id)!.Key);
        Assert.Equal(PeerStatus.Pending, Ada.Sees(forger.Key.Id)!.Status);
        Assert.DoesNotContain(await Ada.Past(forger.Key.Id), e => e is not PeerAdded);
    }

    [Fact]
    public async Task The_answer_does_not_reveal_who_is_known()
    {
        using var unknown = Stranger.Appear();
        using var ignored = Stranger.Appear();
        using var blocked = Stranger.Appear();
        using var removed = await Contact();
        using var unmet = Stranger.Appear();
        using var clashing = Stranger.Appear();
        using var withdrawn = await Contact();
        await Ada.Send(ignored.Notice(Ada, 1));
        await Ada.Send(new IgnoreOffer(Ada.Id, ignored.Key.Id));
        await Ada.Send(blocked.Notice(Ada, 1));
        await Ada.Send(new BlockOffer(Ada.Id, blocked.Key.Id));
        await Ada.Send(new RemovePeer(Ada.Id, TypedPortalId.Of(removed.Key.Id), false));
        await Ada.Add(unmet.Key.Id, characters: 6);
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Parse(clashing.Key.Id.Value[..6] + (clashing.Key.Id.Value[6] == 'a' ? 'b' : 'a')), default, default));

        var expected = await unknown.Send(Ada, 77);
        Assert.Equal("""{"peering":"offered","revision":77}""", System.Text.Encoding.UTF8.GetString(expected.Body));
        foreach (var other in new[] { ignored, blocked, removed, unmet, clashing })
        {
            var answer = await other.Send(Ada, 77);
            Assert.Equal(expected.Status, answer.Status);
            Assert.Equal(expected.Body, answer.Body);
            Assert.Equal(expected.Headers, answer.Headers);
        }

        var taken = await withdrawn.Send(Ada, 77, "withdrawn");
        Assert.Equal(expected.Body, taken.Body);
        Assert.Equal(expected.Headers, taken.Headers);
    }

    [Fact]
    public async Task An_ignored_or_blocked_Portal_does_not_reappear_in_the_inbox()
    {
        using var ignored = Stranger.Appear();
        using var blocked = Stranger.Appear();
        using var withdrawn = Stranger.Appear();
        foreach (var stranger in new[] { ignored, blocked, withdrawn })
            await Ada.Send(stranger.Notice(Ada, 5));
        await Ada.Send(new IgnoreOffer(Ada.Id, ignored.Key.Id));
        await Ada.Send(new BlockOffer(Ada.Id, blocked.Key.Id));
        await Ada.Send(withdrawn.Notice(Ada, 6, WantedPeering.Withdrawn));

        foreach (var revision in new[] { 5, 6 })
        {
            foreach (var stranger in new[] { ignored, blocked, withdrawn })
                await Ada.Send(stranger.Notice(Ada, revision));
        }

        await Ada.Send(ignored.Notice(Ada, 7));
        await Ada.Send(blocked.Notice(Ada, 7));
        Assert.DoesNotContain(await Ada.Inbox(), o => o.Id == ignored.Key.Id || o.Id == blocked.Key.Id || o.Id == withdrawn.Key.Id);
        await Ada.Send(withdrawn.Notice(Ada, 7));
        Assert.Contains(await Ada.Inbox(), o => o.Id == withdrawn.Key.Id);
    }

    [Theory]
    [InlineData("tag")]
    [InlineData("body")]
    [InlineData("digest")]
    [InlineData("unsigned")]
    [InlineData("id")]
    public async Task A_notice_without_the_required_signature_is_refused(string fault)
    {
        using var stranger = Stranger.Appear();
        var (status, body, headers) = await stranger.Send(
            Ada,
            1,
            tag: fault == "tag" ? "portal-peer" : "portal-core",
            id: fault == "id" ? Ada.Id.Value : null,
            change: request => Spoil(request, fault));
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("not_authenticated", JsonSerializer.Deserialize<JsonElement>(body).Text("code"));
        Assert.DoesNotContain("Signature", headers);
        Assert.DoesNotContain(await Ada.Inbox(), o => o.Id == stranger.Key.Id);
    }

    [Fact]
    public async Task A_valid_signature_without_the_cores_tag_is_refused()
    {
        using var original = Stranger.WithRsa();
        var (status, _, _) = await original.Send(Ada, 1, change: original.SignWithoutTag);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        var refused = (await Ada.Send(new ListRefusedCalls(Ada.Id, 1000))).First(call => call.KeyId == original.Key.Id.Short.Value);
        Assert.Equal("tag_missing", refused.Reason);
        Assert.DoesNotContain(await Ada.Inbox(), o => o.Id == original.Key.Id);
    }

    [Fact]
    public async Task The_same_notice_twice_is_a_replay()
    {
        using var stranger = Stranger.Appear();
        string? signature = null, input = null;
        var first = await stranger.Send(Ada, 1,
            change: r => (signature, input) = (r.Headers.GetValues("Signature").Single(), r.Headers.GetValues("Signature-Input").Single()));
        var second = await stranger.Send(Ada, 1, change: r =>
        {
            r.Headers.Remove("Signature");
            r.Headers.Remove("Signature-Input");
            r.Headers.TryAddWithoutValidation("Signature", signature);
            r.Headers.TryAddWithoutValidation("Signature-Input", input);
        });
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (first.Status, second.Status));
    }

    [Fact]
    public async Task Ten_notices_a_minute_from_one_address()
    {
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var stranger = Stranger.Appear();
            answers.Add((await stranger.Send(Ada, 1, change: r => r.Headers.Add(Neighbourhood.Address, "203.0.113.7"))).Status);
        }

        Assert.Equal(10, answers.Count(a => a == HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
    }

    /// <summary>A contact whose key is pinned, and that nobody can be reached at.</summary>
    private async Task<Stranger> Contact()
    {
        var stranger = Stranger.Appear();
        await Ada.Add(stranger.Key.Id);
        await Ada.Send(new PinPeerKey(Ada.Id, stranger.Key.Id.Short, stranger.Key, "Contact", true));
        return stranger;
    }

    private static void Spoil(HttpRequestMessage request, string fault)
    {
        switch (fault)
        {
            case "body":
                var body = request.Content!.ReadAsStringAsync().GetAwaiter().GetResult().Replace("Stranger", "Strangor", StringComparison.Ordinal);
                request.Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
                break;
            case "digest":
                request.Headers.Remove("Content-Digest");
                break;
            case "unsigned":
                request.Headers.Remove("Signature");
                request.Headers.Remove("Signature-Input");
                break;
            default:
                break;
        }
    }

    private static IEnumerable<int[]> Orders(int[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((first, i) => Orders([.. items.Where((_, j) => j != i)]).Select(rest => (int[])[first, .. rest]));

    private async Task<(bool IsMutual, long Revision)> Told(AnswerPeering notice)
    {
        var answer = await Ada.Send(notice);
        return (answer.IsMutual, answer.Revision);
    }
}

/// <summary>Thousands of strangers send offers. Each test has a Portal of its own, because its inbox is full afterwards.</summary>
public sealed class InboxFloodTests(PeerRegistry.Tests.TestPostgres postgres)
{
    [Fact]
    public async Task Of_thousands_of_offers_a_hundred_are_kept_and_no_event_is_recorded()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        var before = await Events(ada);
        using var first = Stranger.Appear();
        await ada.Send(first.Notice(ada, 1, network: "192.0.2.0/24"));
        await ada.Send(new MarkOffersSeen(ada.Id)); // so it stays

        var strangers = Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1" ? 10_000 : 3_000;
        await Parallel.ForEachAsync(Enumerable.Range(0, strangers), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) =>
        {
            using var stranger = Stranger.Appear();
            await ada.Send(stranger.Notice(ada, 1, network: $"10.{n / 1024}.{n / 4 % 256}.0/24"));
            if (n % 10 == 0)
                await ada.Send(stranger.Notice(ada, 2, WantedPeering.Withdrawn));
        });

        var inbox = await ada.Inbox();
        Assert.InRange(inbox.Count, 90, 100);
        Assert.Contains(inbox, o => o.Id == first.Key.Id);
        Assert.Equal(before, await Events(ada));

        using var owner = await ada.Owner();
        using var peers = await owner.GetAsync("/core/protected/peers");
        Assert.Equal(HttpStatusCode.OK, peers.StatusCode);
    }

    [Fact]
    public async Task A_repeated_offer_evicts_no_other_and_an_offer_marked_seen_is_never_evicted()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        for (var n = 0; n < 99; n++)
        {
            using var stranger = Stranger.Appear();
            await ada.Send(stranger.Notice(ada, 1, network: $"10.0.{n}.0/24"));
        }

        using var loud = Stranger.Appear();
        foreach (var revision in new[] { 1, 1, 2 })
            await ada.Send(loud.Notice(ada, revision));
        Assert.Equal(100, (await ada.Inbox()).Count);

        await ada.Send(new MarkOffersSeen(ada.Id));
        using var late = Stranger.Appear();
        await ada.Send(late.Notice(ada, 1, network: "10.1.0.0/24"));
        var inbox = await ada.Inbox();
        Assert.Equal(100, inbox.Count);
        Assert.DoesNotContain(inbox, o => o.Id == late.Key.Id);
    }

    [Fact]
    public async Task A_flood_displaces_neither_an_earlier_offer_nor_a_later_one_from_another_network()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var early = Stranger.Appear();
        await ada.Send(early.Notice(ada, 1, network: "192.0.2.0/24"));
        await Flood(ada, 150, n => $"10.0.{n}.0/24"); // one from each of many networks of one owner
        await Flood(ada, 150, n => $"2001:db8:{n / 5:x}::/48"); // five from each
        using var late = Stranger.Appear();
        await ada.Send(late.Notice(ada, 1, network: "2001:db9:1::/48"));
        await Flood(ada, 50, n => $"10.1.{n}.0/24");

        var inbox = await ada.Inbox();
        Assert.Equal(100, inbox.Count);
        Assert.Contains(inbox, offer => offer.Id == early.Key.Id);
        Assert.Contains(inbox, offer => offer.Id == late.Key.Id);
    }

    [Fact]
    public async Task The_newest_of_a_crowded_network_gives_way_first()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        var alone = await Flood(ada, 95, n => $"10.{n}.0.0/24");
        var crowd = await Flood(ada, 5, _ => "203.0.113.0/24");
        var later = await Flood(ada, 4, n => $"10.{100 + n}.0.0/24");

        Assert.Equal([.. alone, crowd[0], .. later], (await ada.Inbox()).Select(offer => offer.Id).ToHashSet());
        await Flood(ada, 4, n => $"10.{200 + n}.0.0/24"); // now nobody is a crowd, and who comes last stays out
        Assert.Equal([.. alone, crowd[0], .. later], (await ada.Inbox()).Select(offer => offer.Id).ToHashSet());
    }

    [Fact]
    public async Task Five_offers_of_one_network_are_kept_and_they_expire()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        for (var i = 0; i < 8; i++)
        {
            using var stranger = Stranger.Appear();
            await ada.Send(stranger.Notice(ada, 1));
        }

        Assert.Equal(5, (await ada.Inbox()).Count);
        zone.Clock.Advance(TimeSpan.FromDays(31));
        Assert.Empty(await ada.Inbox());
    }

    /// <summary>One offer after the other, each by somebody new.</summary>
    private static async Task<List<Domain.Portals.PortalId>> Flood(LivePortal portal, int offers, Func<int, string> network)
    {
        var from = new List<Domain.Portals.PortalId>();
        for (var n = 0; n < offers; n++)
        {
            using var stranger = Stranger.Appear();
            await portal.Send(stranger.Notice(portal, 1, network: network(n)));
            from.Add(stranger.Key.Id);
        }

        return from;
    }

    private static async Task<int> Events(LivePortal portal) =>
        (await portal.Send(new Application.Audit.ReadAudit(portal.Id, null, null, 0, 1000))).Count;
}
