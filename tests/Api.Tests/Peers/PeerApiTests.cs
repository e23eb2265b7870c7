using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>The owner's API about peers: what it takes, and what it turns down and how.</summary>
public sealed class PeerApiTests(PeerApiTests.OnePortal one) : IClassFixture<PeerApiTests.OnePortal>, IAsyncLifetime
{
    private const string Peers = "/core/protected/peers";

    private Neighbourhood Zone => one.Zone;

    private LivePortal Portal => one.Portal;

    private HttpClient Owner => one.Owner;

    /// <summary>An empty contact list for every test.</summary>
    public async ValueTask InitializeAsync()
    {
        foreach (var peer in Portal.Snapshot.Peers.Keys)
            await Portal.Send(new RemovePeer(Portal.Id, TypedPortalId.Of(peer), true));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Put_adds_and_changes_by_members_that_are_there()
    {
        var (created, first) = await Put("""{"id":"ABC-DEF","name":"Bea"}""");
        Assert.Equal((HttpStatusCode.Created, "Bea", "abcdef.zone.test"), (created, first.Text("petname"), first.Text("domain")));

        var (changed, second) = await Put("""{"id":"abcdef","address":"abcdef.example.org"}""");
        Assert.Equal((HttpStatusCode.OK, "Bea", "abcdef.example.org"), (changed, second.Text("petname"), second.Text("domain")));

        var (_, third) = await Put("""{"id":"abcdef","name":null,"address":null}""");
        Assert.Equal((null, "abcdef", "abcdef.zone.test"), (third.Text("petname"), third.Text("name"), third.Text("domain")));
        Assert.Equal("pending", third.Text("status"));
    }

    [Theory]
    [InlineData("""{"id":"abc"}""", 400, "id_malformed")]
    [InlineData("""{"id":"abcdeu"}""", 400, "id_malformed")]
    [InlineData("""{"id":"äbcdef"}""", 400, "id_malformed")]
    [InlineData("""{"id":7}""", 400, "json_invalid")]
    [InlineData("""{"id":null}""", 400, "id_malformed")]
    [InlineData("""{}""", 400, "json_invalid")]
    [InlineData("""[]""", 400, "json_invalid")]
    [InlineData("""{"id":"abcdef","colour":"red"}""", 400, "json_invalid")]
    [InlineData("""{"id":"abcdef","id":"abcdeg"}""", 400, "json_invalid")]
    [InlineData("""{"id":"abcdef","name":7}""", 400, "json_invalid")]
    [InlineData("""{"id":"abcdef","name":""}""", 400, "name_invalid")]
    [InlineData("{\"id\":\"abcdef\",\"name\":\"a\\r\\nX-Ptl-Client-Type: terminal\"}", 400, "name_invalid")]
    [InlineData("{\"id\":\"abcdef\",\"name\":\"a\\u202egnp.exe\"}", 400, "name_invalid")]
    [InlineData("""{"id":"abcdef","address":"evil.example"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example@evil.example"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:443"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:08443"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:65536"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:8443:1"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example:+8443"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef.example/x"}""", 400, "domain_mismatch")]
    [InlineData("""{"id":"abcdef","address":"abcdef."}""", 400, "domain_mismatch")]
    public async Task Bad_input_changes_nothing(string body, int status, string code)
    {
        Assert.Equal(((HttpStatusCode)status, code), await Refusal(Peers, HttpMethod.Put, body));
        Assert.Empty(Portal.Snapshot.Peers);
    }

    [Fact]
    public async Task IDs_of_wrong_length_are_malformed()
    {
        Assert.Equal((HttpStatusCode.BadRequest, "id_malformed"), await Refusal(Peers, HttpMethod.Put, $$"""{"id":"{{new string('a', 104)}}"}"""));
        Assert.Equal((HttpStatusCode.BadRequest, "id_malformed"), await Refusal(Peers + "/abc", HttpMethod.Get));
        Assert.Equal((HttpStatusCode.BadRequest, "id_malformed"), await Refusal(Peers + "/abcde%40", HttpMethod.Delete));
    }

    [Fact]
    public async Task A_name_of_ten_kilobytes_is_refused_and_a_body_of_ten_megabytes_too_large()
    {
        Assert.Equal((HttpStatusCode.BadRequest, "name_invalid"), await Refusal(Peers, HttpMethod.Put, $$"""{"id":"abcdef","name":"{{new string('n', 10_000)}}"}"""));
        // Straight to the listener, and asking first: a client that is still sending when it is turned down may not see why.
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Portal.Edge, Peers))
        {
            Content = new ByteArrayContent(new byte[10_000_000]) { Headers = { ContentType = new("application/json") } },
            Headers = { Host = Portal.Domain, ExpectContinue = true, Authorization = Owner.DefaultRequestHeaders.Authorization },
        };
        using var direct = new HttpClient();
        using var answer = await direct.SendAsync(request);
        Assert.Equal("body_too_large", (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
        Assert.Empty(Portal.Snapshot.Peers);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(50)]
    [InlineData(103)]
    public async Task Our_own_ID_is_not_accepted_as_a_peer(int length) => Assert.Equal(
        (HttpStatusCode.Conflict, "peer_is_self"), await Refusal(Peers, HttpMethod.Put, $$"""{"id":"{{Portal.Id.Value[..length]}}"}"""));

    [Fact]
    public async Task A_second_contact_with_the_same_six_characters_is_refused()
    {
        await Put($$"""{"id":"{{new string('a', 103)}}"}""");
        Assert.Equal((HttpStatusCode.Conflict, "peer_short_id_taken"), await Refusal(Peers, HttpMethod.Put, """{"id":"aaaaaab"}"""));
    }

    [Fact]
    public async Task Removing_twice_finds_nothing_the_second_time()
    {
        await Put("""{"id":"abcdef"}""");
        using var first = await Owner.DeleteAsync(Peers + "/abcdef");
        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        foreach (var method in new[] { HttpMethod.Delete, HttpMethod.Get })
            Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), await Refusal(Peers + "/abcdef", method));
        foreach (var action in new[] { "try", "block", "unblock" })
            Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), await Refusal($"{Peers}/abcdef/{action}", HttpMethod.Post));
    }

    [Fact]
    public async Task Concurrent_renames_are_all_recorded_and_the_last_one_shows()
    {
        await Put("""{"id":"abcdef"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(n => Put($$"""{"id":"abcdef","name":"n{{n}}"}""")));
        Assert.All(answers, a => Assert.Equal(HttpStatusCode.OK, a.Status));
        var history = await Owner.GetFromJsonAsync<JsonElement>(Peers + "/abcdef/history");
        var renamed =
            history.EnumerateArray().Reverse().TakeWhile(e => e.Text("type") != "peer_added").Reverse().Where(e => e.Text("type") == "peer_renamed").ToList();
        Assert.Equal(16, renamed.Count);
        Assert.Equal(renamed[^1].GetProperty("data").Text("petname"), Portal.Snapshot.Peers.Values.Single().Petname);
    }

    [Fact]
    public async Task The_list_is_filtered_and_paged()
    {
        foreach (var id in new[] { "aaaaaa", "bbbbbb", "cccccc" })
            await Put($$"""{"id":"{{id}}","name":"Name {{id[0]}}"}""");

        using var page = await Owner.GetAsync(Peers + "?limit=2");
        Assert.Equal(["aaaaaa", "bbbbbb"], await Ids(page));
        Assert.Equal("</core/protected/peers?limit=2&after=bbbbbb>; rel=\"next\"", page.Headers.GetValues("Link").Single());
        using var rest = await Owner.GetAsync("/core/protected/peers?limit=2&after=bbbbbb");
        Assert.Equal(["cccccc"], await Ids(rest));
        Assert.False(rest.Headers.Contains("Link"));
        using var named = await Owner.GetAsync(Peers + "?name=NAME%20B&status=pending");
        Assert.Equal(["bbbbbb"], await Ids(named));
        using var mutual = await Owner.GetAsync(Peers + "?status=mutual");
        Assert.Empty(await Ids(mutual));
        foreach (var query in new[] { "limit=0", "limit=1001", "limit=x", "status=odd" })
            Assert.Equal(HttpStatusCode.BadRequest, (await Refusal($"{Peers}?{query}", HttpMethod.Get)).Status);
    }

    [Fact]
    public async Task Only_the_owner_has_access()
    {
        using var stranger = Zone.Client();
        foreach (var path in new[] { Peers, "/core/protected/peering/requests", "/core/protected/events", Peers + "/abcdef/history" })
        {
            using var answer = await stranger.GetAsync($"https://{Portal.Domain}{path}");
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_history_says_who_did_what_and_pages()
    {
        await Put("""{"id":"hjklnp","name":"Bea"}""");
        using var removed = await Owner.DeleteAsync(Peers + "/hjklnp");
        var history = (await Owner.GetFromJsonAsync<JsonElement>(Peers + "/hjklnp/history")).EnumerateArray().ToList();
        Assert.Equal(["peer_added", "peer_removed"], history.Select(e => e.Text("type")));
        Assert.Equal("peer-hjklnp", history[0].Text("stream"));
        Assert.Equal(1, history[0].GetProperty("version").GetInt32());
        Assert.StartsWith("device:", history[0].Text("actor"), StringComparison.Ordinal);
        Assert.Equal("Bea", history[0].GetProperty("data").Text("petname"));

        using var page = await Owner.GetAsync("/core/protected/events?limit=1&stream=peer-hjklnp");
        Assert.Equal("peer_added", (await page.Content.ReadFromJsonAsync<JsonElement>())[0].Text("type"));
        using var next = await Owner.GetAsync(page.Headers.GetValues("Link").Single()[1..].Split('>')[0]);
        Assert.Equal("peer_removed", (await next.Content.ReadFromJsonAsync<JsonElement>())[0].Text("type"));
        Assert.False(next.Headers.Contains("Link"));
        var ofType = await Owner.GetFromJsonAsync<JsonElement>("/core/protected/events?type=portal_created");
        Assert.Equal("portal", Assert.Single(ofType.EnumerateArray()).Text("stream"));
        Assert.Equal(HttpStatusCode.NotFound, (await Refusal(Peers + "/zzzzzz/history", HttpMethod.Get)).Status);
    }

    private static async Task<IEnumerable<string?>> Ids(HttpResponseMessage page) =>
        (await page.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray().Select(p => p.Text("short_id")).ToList();

    private async Task<(HttpStatusCode Status, JsonElement Peer)> Put(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Owner.PutAsync(Peers, content);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    private async Task<(HttpStatusCode Status, string? Code)> Refusal(string path, HttpMethod method, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await Owner.SendAsync(request);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("code"));
    }

    public sealed class OnePortal(TestPostgres postgres) : IAsyncLifetime
    {
        internal Neighbourhood Zone { get; private set; } = null!;

        internal LivePortal Portal { get; private set; } = null!;

        internal HttpClient Owner { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Zone = await Neighbourhood.Start(postgres);
            Portal = await Zone.Move("Ada");
            Owner = await Portal.Owner();
        }

        public async ValueTask DisposeAsync()
        {
            Owner.Dispose();
            await Portal.DisposeAsync();
            await Zone.DisposeAsync();
        }
    }
}

internal static class Json
{
    public static string? Text(this JsonElement item, string member) => item.GetProperty(member).GetString();
}
