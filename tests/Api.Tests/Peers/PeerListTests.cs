using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>The contact list as its owner searches, sorts, saves and imports it, and the history of those who were removed from it.</summary>
public sealed class PeerListTests(PeerListTests.Household household) : IClassFixture<PeerListTests.Household>
{
    private LivePortal Ada => household.Ada;

    [Theory]
    [InlineData("chloe", "Chloé"), InlineData("CHLOÉ", "Chloé"), InlineData("books", "Chloé"), InlineData("angstrom", "Ångström"), InlineData("zzz", "")]
    [InlineData("zoe.example", "Zoe")]
    public async Task The_search_ignores_case_and_accents_and_finds_notes_and_domains(string text, string names) =>
        Assert.Equal(names, await Names(new PeerFilter(text), PeerOrder.Name));

    [Fact]
    public async Task An_ID_finds_its_peer() =>
        Assert.Equal("Zoe", await Names(new PeerFilter(household.Zoe.Id.Value[..8]), PeerOrder.Name));

    [Fact]
    public async Task Names_are_in_order_without_regard_to_accents_and_peers_without_a_name_come_last() =>
        Assert.Equal($"Ångström Chloé Zoe {household.Nameless.Id.Short}", await Names(PeerFilter.All, PeerOrder.Name));

    [Fact]
    public async Task The_last_one_that_was_added_or_heard_from_comes_first()
    {
        Assert.StartsWith(household.Nameless.Id.Short.Value, await Names(PeerFilter.All, PeerOrder.Added), StringComparison.Ordinal);
        Assert.StartsWith("Zoe Chloé", await Names(PeerFilter.All, PeerOrder.Heard), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_is_filtered_by_state_and_by_the_app_that_sees_a_peer()
    {
        Assert.Equal("Ångström", await Names(new PeerFilter(Standing: PeerStanding.Blocked), PeerOrder.Name));
        Assert.Equal("Chloé", await Names(new PeerFilter(App: "notes"), PeerOrder.Name));
        Assert.Equal("", await Names(new PeerFilter(App: "unknown"), PeerOrder.Name));
    }

    [Fact]
    public async Task A_picture_of_a_peer_is_in_the_list()
    {
        var found = await Ada.Send(new BrowsePeers(Ada.Id, PeerFilter.All, PeerOrder.Name, 1));
        Assert.Equal(household.Chloe.Id.Short, Assert.Single(found.Pictured));
        using var owner = await Ada.Owner();
        Assert.Contains($"src=\"/core/protected/peers/{household.Chloe.Id.Short}/avatar\"", await Page(owner, "/peers?text=chloe"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_note_is_for_the_owner_alone()
    {
        using var owner = await Ada.Owner();
        var path = $"/core/protected/peers/{household.Zoe.Id.Short}";
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Put($"{path}/note", """{"note":"owes me a ladder"}""")).Status);
        Assert.Equal("owes me a ladder", (await owner.Get(path)).Json.GetProperty("note").GetString());
        Assert.Equal("note_invalid", (await owner.Put($"{path}/note", $$"""{"note":"{{new string('a', 1001)}}"}""")).Code);
        Assert.Equal("peer_unknown", (await owner.Put("/core/protected/peers/aaaaaa/note", """{"note":null}""")).Code);

        var token = await Ada.Send(new IssueAppToken(Ada.Id, "notes"));
        using var app = new HttpClient { BaseAddress = Ada.Internal };
        await Ada.Send(new SetVisibility(Ada.Id, "notes", VisibilityMode.All, []));
        var seen = await app.Get("/protected/peers", HttpCalls.Bearer(token));
        Assert.Contains(household.Zoe.Id.Value, seen.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("ladder", seen.Body, StringComparison.Ordinal);
        await Ada.Send(new SetVisibility(Ada.Id, "notes", VisibilityMode.Some, [TypedPortalId.Of(household.Chloe.Id)]));
        await Ada.Send(new NotePeer(Ada.Id, TypedPortalId.Of(household.Zoe.Id), null));
    }

    [Theory, InlineData("csv"), InlineData("vcf")]
    public async Task A_saved_list_is_imported_elsewhere_as_it_was(string kind)
    {
        using var owner = await Ada.Owner();
        var file = await owner.Get($"/peers/export.{kind}?text=e");
        Assert.Contains("no-store", file.Header("Cache-Control"), StringComparison.Ordinal);
        Assert.Equal($"attachment; filename=\"peers.{kind}\"", file.Header("Content-Disposition"));
        var plan = await Ada.Send(new PlanImport(Ada.Id, file.Body));
        Assert.All(plan, peer => Assert.True(peer.Step is ImportStep.Known or ImportStep.Blocked, $"{peer}"));
        var chloe = plan.Single(peer => peer.Line.Name == "Chloé");
        Assert.Equal((household.Chloe.Id.Value, "lends books\nand a drill"), (chloe.Line.Id, chloe.Line.Note));
    }

    [Fact]
    public async Task An_import_says_what_is_wrong_with_each_line()
    {
        var fresh = PublicKey.Ed25519([.. Enumerable.Repeat((byte)77, 32)]).Id;
        var plan = await Ada.Send(new PlanImport(Ada.Id,
            $"""
            id,name,domain,note
            {fresh},New,,
            {fresh.Value[..7]},Again,,
            {household.Zoe.Id},Zoe,,
            {household.Angstrom.Id},A,,
            {Ada.Id},Me,,
            ,Nobody,,
            not an ID!,x,,
            {Other(fresh)},"a	b",,
            {Other(fresh)},ok,blog.example,
            {Other(fresh)},ok,,{new string('n', 1001)}
            "{fresh}"x,,,
            {household.Zoe.Id.Value[..6]}{(household.Zoe.Id.Value[6] == '0' ? '1' : '0')},x,,
            """));
        Assert.Equal(
            [
                "2 Add", "3 Twice", "4 Known", "5 Blocked", "6 Self", "7 NoId", "8 BadId", "9 BadName", "10 BadDomain", "11 LongNote", "12 Unreadable", "13 Taken",
            ],
            plan.Select(peer => $"{peer.Line.Line} {peer.Step}"));
    }

    [Fact]
    public async Task The_page_of_a_removed_peer_says_so_and_leads_back_into_the_list()
    {
        using var owner = await Ada.Owner();
        var key = PublicKey.Ed25519([.. Enumerable.Repeat((byte)88, 32)]);
        await household.Store.Append(new Changes(Ada.Id, Actor.System,
            [Household.Peer(key, "Gone", "Gone", null, [new PeerRemoved(key.Id), new PeerIdentityForgotten(key.Id)])]), default);
        var page = await Page(owner, $"/peers/{key.Id.Short}");
        Assert.Contains("You removed this peer", page, StringComparison.Ordinal);
        Assert.Contains($"/peers?add={Uri.EscapeDataString($"https://{key.Id.Short}.zone.test/#{key.Id}")}", page, StringComparison.Ordinal);
        Assert.Contains("timeline", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.Get("/peers/aaaaaa", ("Accept", "text/html"))).Status);
    }

    [Fact]
    public async Task The_history_is_found_by_word_kind_and_day_and_saved_as_a_whole()
    {
        using var owner = await Ada.Owner();
        var found = await Page(owner, "/history?text=CHLOE&kind=listed");
        Assert.Contains("Chloé", found, StringComparison.Ordinal);
        Assert.DoesNotContain("Zoe", found, StringComparison.Ordinal);
        Assert.DoesNotContain("<code>peer_", found, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"e", await Page(owner, "/history?until=2001-01-01"), StringComparison.Ordinal);
        Assert.Contains("id=\"e", await Page(owner, "/history?from=2001-01-01"), StringComparison.Ordinal);

        var all = await household.Store.ReadStream(Ada.Id, "", default);
        var lines = (await owner.Get("/history/export.jsonl")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= all.Count, $"{lines.Length} of {all.Count}");
        Assert.All(lines, line => System.Text.Json.JsonDocument.Parse(line).Dispose());
        Assert.Contains("added Chloé", (await owner.Get("/history/export.csv")).Body, StringComparison.Ordinal);
    }

    private static async Task<string> Page(HttpClient owner, string path)
    {
        var said = await owner.Get(path, ("Accept", "text/html"));
        Assert.Equal(HttpStatusCode.OK, said.Status);
        return WebUtility.HtmlDecode(said.Body);
    }

    private async Task<string> Names(PeerFilter filter, PeerOrder order) =>
        string.Join(' ', (await Ada.Send(new BrowsePeers(Ada.Id, filter, order, 1))).Peers.Select(view => view.Peer.Name));

    /// <summary>Another ID than that one.</summary>
    private static PortalId Other(PortalId id)
    {
        for (var i = 100; ; i++)
        {
            if (PublicKey.Ed25519([.. Enumerable.Repeat((byte)i, 32)]).Id is var other && other.Short != id.Short)
                return other;
        }
    }

    /// <summary>A Portal with four peers that nobody ever reaches.</summary>
    public sealed class Household(TestPostgres postgres) : IAsyncLifetime
    {
        private Neighbourhood? zone;

        internal LivePortal Ada { get; private set; } = null!;

        internal TestStore Store { get; private set; } = null!;

        internal PublicKey Chloe { get; } = Key(1);

        internal PublicKey Angstrom { get; } = Key(2);

        internal PublicKey Zoe { get; } = Key(3);

        internal PublicKey Nameless { get; } = Key(4);

        public async ValueTask InitializeAsync()
        {
            zone = await Neighbourhood.Start(postgres);
            Ada = await zone.Move("Ada");
            Store = new TestStore(Ada.Services);
            await Store.Append(new Changes(Ada.Id, Actor.System,
            [
                Peer(Chloe, "Chloé", "C.", "lends books\nand a drill", [new PeeringConfirmed(Chloe.Id)]), Peer(Angstrom, "Ångström", null, null, [new PeerBlocked(Angstrom.Id)]),
                Peer(Zoe, null, "Zoe", null, [new PeerAddressChanged(Zoe.Id, "zoe.example", "zoe.example")]),
            ]), default);
            zone.Clock.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            await Store.Append(new Changes(Ada.Id, Actor.System, [Peer(Nameless, null, null, null, [])]), default);
            await Ada.Send(new RegisterApp(Ada.Id, "notes", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Notes").Replace("\"postcards\"", "\"notes\"", StringComparison.Ordinal))));
            await Ada.Send(new SetVisibility(Ada.Id, "notes", VisibilityMode.Some, [TypedPortalId.Of(Chloe.Id)]));
            await using var command = Ada.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
                $"""
                insert into registry.peer_contacts (portal_id, short_id, wanted, revision, last_seen_at)
                values ('{Ada.Id}', '{Chloe.Id.Short}', 'Offered', 1, '2020-01-01'), ('{Ada.Id}', '{Zoe.Id.Short}', 'Offered', 1, '2021-01-01');
                insert into registry.peer_profiles (portal_id, short_id, picture) values ('{Ada.Id}', '{Chloe.Id.Short}', '\x00')
                """);
            await command.ExecuteNonQueryAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (zone is not null)
                await zone.DisposeAsync();
        }

        internal static StreamChange Peer(PublicKey key, string? petname, string? claimed, string? note, IReadOnlyList<PeerEvent> further) => new(
            $"peer-{key.Id.Short}",
            0,
            [
                new PeerAdded(key.Id, TypedPortalId.Of(key.Id), petname, null, $"{key.Id.Short}.zone.test", PeerVerification.FullId),
                new PeerKeyPinned(key.Id, key, claimed, PeerVerification.FullId, Signed: true),
                .. note is null ? (PeerEvent[])[] : [new PeerNoted(key.Id, note)],
                .. further,
            ]);

        private static PublicKey Key(byte seed) => PublicKey.Ed25519([.. Enumerable.Repeat(seed, 32)]);
    }
}
