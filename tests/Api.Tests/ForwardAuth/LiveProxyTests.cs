using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Requests on their whole way: the real proxy, the real core, and an app.</summary>
public sealed class LiveProxyTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer" } }""";

    private static readonly byte[] Card = """{"text":"a card"}"""u8.ToArray();
    private static readonly byte[] Forged = """{"text":"a cart"}"""u8.ToArray();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Postcards_accepts_only_the_signed_body_and_only_once(string program)
    {
        const string app = "postcards";
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, PostcardsProcess.Description));
        await two.Ada.Send(new SetVisibility(two.Ada.Id, app, VisibilityMode.All, []));
        await using var postcards = await PostcardsProcess.Start(two.Ada.Internal, await two.Ada.Send(new IssueAppToken(two.Ada.Id, app)));
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, postcards.Address);
        Task<(int, string)> Post(byte[] body, IEnumerable<(string, string)> fields, bool chunked = false) =>
            Send(rig, app, "/postcards", body, fields, chunked);
        var signed = SignedCard(app);
        var notSigned = (400, program == "gateway" ? "digest_mismatch" : "This is not the body that the peer signed."); // which the core or the app compares

        Assert.Equal((204, ""), await Post(Card, signed));
        Assert.Equal((401, "not_authenticated"), await Post(Card, signed)); // a replay
        Assert.Equal(notSigned, await Post(Forged, SignedCard(app)));
        Assert.Equal(notSigned, await Post([], SignedCard(app)));
        Assert.Equal(notSigned, await Post([.. Card, .. " "u8], SignedCard(app)));
        Assert.Equal(notSigned, await Post(Forged, SignedCard(app), chunked: true));
        Assert.Equal((204, ""), await Post(Card, SignedCard(app), chunked: true));
        Assert.Equal(notSigned, await Post(Card, two.Signed(app, "/postcards", "POST"))); // a body added to a call without one

        var without = SignedCard(app).Where(field => !IsDigest(field.Name));
        Assert.Equal((401, "not_authenticated"), await Post(Card, without));
        var ofAnother = ("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Forged))}:");
        Assert.Equal((401, "not_authenticated"), await Post(Forged, [.. SignedCard(app).Where(field => !IsDigest(field.Name)), ofAnother]));
        Assert.Equal((401, "not_authenticated"), await Post(Forged, [.. SignedCard(app), ofAnother]));

        using var itself = new HttpClient { BaseAddress = new Uri(postcards.Address) };
        itself.DefaultRequestHeaders.Add(ProxySecret.Header, two.Secret(app));
        var taken = (await itself.GetFromJsonAsync<JsonElement>("/received", Stop)).EnumerateArray()
            .Select(card => (card.GetProperty("from").GetString(), card.GetProperty("text").GetString()));
        Assert.Equal([(two.Bob.Id.Value, "a card"), (two.Bob.Id.Value, "a card")], taken);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_refusal_is_the_cores_own(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());

        Assert.Equal((400, "path_ambiguous"), await Send(rig, app, "/open%2Fx", Card, []));
        Assert.Equal((401, "not_authenticated"), await Send(rig, app, "/peer", Card, []));
        Assert.Equal((403, "forbidden"), await Send(rig, app, "/", Card, two.Signed(app, "/", "POST", sha256: SHA256.HashData(Card))));
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task No_spelling_of_an_identity_header_arrives_whether_it_is_in_use_or_not(string program)
    {
        var app = await two.App("""{ "": { "access": "public", "headers": { "X-Ptl-Mail": "" } } }""");
        var arrived = 0;
        await using var echo = await PlainHost.Start(context =>
        {
            Interlocked.Increment(ref arrived);
            return CallPeerTests.Echo(context);
        });
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        string[] spellings =
        [
            "X-Ptl-Client-Id", "x-ptl-client-type", "X_Ptl_Client_Id", "x.ptl.client.id", "X-Ptl_Client-Id", "X_Ptl-Client.Name", "X-Ptl-Mail",
            "X-Ptl-Whatever", "x-ptl-whatever", "X_Ptl_Whatever", "X.Ptl.Whatever", "X-PTL-",
            "Content-Digest", "Content_Digest", "content.digest",
        ];
        foreach (var spelling in spellings)
        {
            var (status, said) = await Send(rig, app, "/", Card, [(spelling, "forged")]);
            Assert.DoesNotContain("forged", said, StringComparison.Ordinal);
            Assert.Contains((status, status == 200 ? "" : said), new[] { (200, ""), (400, "header_reserved") });
        }

        var others = program == "nginx" ? 3 : 0; // nginx cannot drop names that it was not told of, so the core refuses them
        Assert.Equal(spellings.Length - others, arrived);
    }

    [Fact]
    public async Task A_header_that_a_new_description_adds_is_refused_until_nginx_is_configured_for_it()
    {
        var app = await two.App(Paths);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start("nginx", two.Ada, app, echo.Urls.First());
        Assert.Equal(200, (await Send(rig, app, "/open", Card, [])).Status);

        await two.App("""{ "": { "access": "public", "headers": { "X-Ptl-New": "" } } }""");
        Assert.Equal((400, "header_reserved"), await Send(rig, app, "/open", Card, [("X-Ptl-New", "forged")]));
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_WebSocket_of_the_owner_is_opened_by_the_apps_own_page_only(string program)
    {
        var app = await two.App(Paths);
        await using var echo = await PlainHost.Start(CallPeerTests.EchoSocket);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        var (url, cookie) = ($"wss://{app}.{two.Ada.Domain}/", ("Cookie", $"__Host-portal-app={await two.Session(app)}"));

        Assert.Equal(101, await rig.Upgrade(url, cookie, ("Origin", $"https://{app}.{two.Ada.Domain}")));
        Assert.Equal(403, await rig.Upgrade(url, cookie, ("Origin", $"https://other.{two.Ada.Domain}")));
        Assert.Equal(403, await rig.Upgrade(url, cookie));
    }

    private static bool IsDigest(string name) => name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase);

    private (string Name, string Value)[] SignedCard(string app) => two.Signed(app, "/postcards", "POST", sha256: SHA256.HashData(Card));

    /// <returns>Status, and what was said: of a problem only its code.</returns>
    private async Task<(int Status, string Said)> Send(
        LiveProxyRig rig, string app, string target, byte[] body, IEnumerable<(string Name, string Value)> fields, bool chunked = false)
    {
        var uri = new Uri($"https://{app}.{two.Ada.Domain}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        foreach (var (name, value) in fields)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await rig.Client.SendAsync(request, Stop);
        var said = await response.Content.ReadAsStringAsync(Stop);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonDocument.Parse(said).RootElement.GetProperty("code").GetString()!
            : said);
    }
}
