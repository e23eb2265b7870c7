using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using YamlDotNet.RepresentationModel;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>
/// Traefik does not run here, so what its documentation says of forwardAuth does: a GET to the address with the client's fields but
/// those of one connection, five X-Forwarded-* of its own in the place of any sent ones, the body in chunks where it is told to; on
/// 2xx the named fields of the answer replace the client's, and any other answer is the client's.
/// </summary>
public sealed class TraefikShapeTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer", "headers": { "X-Ptl-Mail": "x" } } }""";

    private static readonly string[] OfOneConnection = ["Connection", "Keep-Alive", "Te", "Trailers", "Transfer-Encoding", "Upgrade"];
    private static readonly string[] OfTheAnswer = ["Content-Length", "Date"];

    [Fact]
    public async Task Each_caller_reaches_what_the_rule_allows_with_its_own_method()
    {
        var app = await two.App(Paths, Visibility.All);
        var session = ("Cookie", $"__Host-portal-app={await two.Session(app)}");
        foreach (var method in new[] { "GET", "HEAD", "OPTIONS", "POST" })
        {
            Assert.Equal("anonymous", (await Ask(app, "/open", method)).Header("X-Ptl-Client-Type"));
            Assert.Equal("peer", (await Ask(app, "/peer?a=b", method, two.Signed(app, "/peer?a=b", method))).Header("X-Ptl-Client-Type"));
            var device = await Ask(app, "/", method, [session]);
            Assert.Equal(method == "POST"
                ? (HttpStatusCode.Forbidden, null)
                : (HttpStatusCode.OK, "terminal"), (device.Status, device.Header("X-Ptl-Client-Type")));
        }

        Assert.Equal("terminal", (await Ask(app, "/", "POST", [session, ("Origin", $"https://{app}.{two.Ada.Domain}")])).Header("X-Ptl-Client-Type"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(app, "/peer", "POST", two.Signed(app, "/peer"))).Status);

        // Told to ask under the client's method, it gets no verdict.
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await two.Inner.Say(HttpMethod.Post, "/internal/auth", null, two.Forwarded(app, "/open"))).Status);
    }

    [Fact]
    public async Task A_refusal_is_passed_on_to_the_client()
    {
        var app = await two.App(Paths, Visibility.All);
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), Problem(await Ask(app, "/peer")));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), Problem(await Ask(app, "/", "GET", two.Signed(app, "/"))));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Problem(await Ask(app, "/.portal/session")));
        Assert.Equal((HttpStatusCode.BadRequest, "path_ambiguous"), Problem(await Ask(app, "/open%2F..%2Fpeer")));

        var detour = await Ask(app, "/x", "GET", [("Sec-Fetch-Mode", "navigate")]);
        Assert.Equal(HttpStatusCode.SeeOther, detour.Status);
        // a relative one would lead to the core's own listener
        Assert.StartsWith($"https://{two.Ada.Domain}/core/app-session?", detour.Header("Location"), StringComparison.Ordinal);
        Assert.StartsWith("__Host-portal-state-", detour.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_X_Forwarded_Uri_is_refused()
    {
        var app = await two.App(Paths);
        Assert.StartsWith("HTTP/1.1 200", await two.Raw(Question(app, "/open")), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await two.Raw([.. Question(app, "/open"), ("X-Forwarded-Uri", "/open")]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https")]
    [InlineData("wss")]
    public async Task A_WebSocket_is_judged_though_its_Upgrade_is_not_shown(string proto)
    {
        var app = await two.App(Paths, Visibility.All);
        Task<Said> Open(params (string, string)[] fields) =>
            Ask(app, "/", "GET", [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), .. fields], proto);
        var session = ("Cookie", $"__Host-portal-app={await two.Session(app)}");

        Assert.Equal(HttpStatusCode.OK, (await Open(session, ("Origin", $"https://{app}.{two.Ada.Domain}"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Open(session, ("Origin", $"https://other.{two.Ada.Domain}"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await Ask(app, "/peer", "GET", two.Signed(app, "/peer"), proto)).Status);
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("flipped byte", 401)]
    [InlineData("longer", 401)]
    [InlineData("taken away", 200)] // looks like no forwardBody; the app compares
    [InlineData("no digest", 401)]
    [InlineData("digest of what was sent", 401)]
    [InlineData("a second digest", 401)]
    [InlineData("a wrong second algorithm", 401)]
    public async Task With_forwardBody_the_body_is_the_one_that_was_signed(string fault, int status)
    {
        var app = await two.App(Paths, Visibility.All);
        var body = "a card"u8.ToArray();
        var signed = two.Signed(app, "/peer", "POST", sha256: SHA256.HashData(body)).ToList();
        var digest = signed.FindIndex(field => field.Name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase));
        byte[] sent = fault switch
        {
            "flipped byte" or "digest of what was sent" or "a second digest" => "a cart"u8.ToArray(),
            "longer" => [.. body, 0],
            "taken away" => [],
            _ => body,
        };
        var whole = signed[digest].Value;
        var ofSent = ("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData(sent))}:");
        signed[digest] = fault switch
        {
            "digest of what was sent" => ofSent,
            "a wrong second algorithm" => ("Content-Digest", $"{whole}, sha-512=:{Convert.ToBase64String(SHA512.HashData([]))}:"),
            _ => signed[digest],
        };
        if (fault == "no digest")
            signed.RemoveAt(digest);
        if (fault == "a second digest")
            signed.Add(ofSent);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/auth") { Content = new ByteArrayContent(sent) };
        request.Headers.TransferEncodingChunked = sent.Length > 0;
        foreach (var (name, value) in Question(app, "/peer", "POST", [.. signed]))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await two.Inner.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 200)
            Assert.Equal(whole, answer.Headers.NonValidated.TryGetValues("Content-Digest", out var handed) ? handed.ToString() : null);
    }

    [Fact]
    public async Task The_configuration_forwards_every_header_of_the_verdict_and_none_of_the_callers()
    {
        var app = await two.App(Paths, Visibility.All);
        var middleware = ForwardAuth();
        Assert.Equal(["address", "authResponseHeaders", "authResponseHeadersRegex", "trustForwardHeader"], middleware.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(($"http://{two.Ada.Internal.Authority}/internal/auth", "false"),
            (middleware["address"].ToString(), middleware["trustForwardHeader"].ToString()));

        var named = ((YamlSequenceNode)middleware["authResponseHeaders"]).Select(name => name.ToString()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var pattern = new Regex(middleware["authResponseHeadersRegex"].ToString());
        bool IsReplaced(string name) => named.Contains(name) || pattern.IsMatch(name);

        (string Name, string Value)[] forged =
        [
            .. new[] { "X-Ptl-Client-Id", "x-ptl-client-type", "X_Ptl_Client_Id", "x.ptl.client.id", "X-Ptl_Client-Name", "X_Ptl-Mail", "X-Ptl-Mail",
                "X-Ptl-Whatever", "Content_Digest", "content.digest" }.Select(name => (name, "forged")),
            ("Content-Digest", "forged"), ("Cookie", $"__Host-portal-app={await two.Session(app)}"),
        ];
        var granted = await Ask(app, "/open", "GET", forged);
        Assert.Equal(HttpStatusCode.OK, granted.Status);
        var said = granted.Answer.Headers.NonValidated.Concat(granted.Answer.Content.Headers.NonValidated)
            .ToDictionary(field => field.Key, field => field.Value.ToString());
        Assert.Equal([], said.Keys.Except(OfTheAnswer).Where(name => !IsReplaced(name)));
        Assert.Equal([], forged.Where(field => !IsReplaced(field.Name)));
        Assert.DoesNotContain("forged", said.Values);
        Assert.Equal(("terminal", "", ""), (said["X-Ptl-Client-Type"], said["Cookie"], said["X-Ptl-Mail"]));
    }

    [Fact]
    public void Every_router_of_an_app_sets_its_host_drops_the_callers_Connection_and_asks_the_core()
    {
        var portal = PrintedConfiguration.Portal("abcdef.portal.test", ("notes", """{ "": { "access": "public" } }"""));
        var http = Configuration(portal)["http"];
        var routers = ((YamlMappingNode)http["routers"]).Children.ToDictionary(router => router.Key.ToString(), router => (YamlMappingNode)router.Value);
        var toApp = routers.Where(router => router.Value["service"].ToString() == "portal-abcdef-notes").ToList();
        Assert.Equal(["portal-abcdef-notes", "portal-abcdef-notes-websocket"], toApp.Select(router => router.Key).Order(StringComparer.Ordinal));
        foreach (var (name, router) in toApp)
        {
            Assert.StartsWith("Host(`notes.abcdef.portal.test`)", router["rule"].ToString(), StringComparison.Ordinal);
            string[] chain = [.. ((YamlSequenceNode)router["middlewares"]).Select(middleware => middleware.ToString())];
            var asks = Array.FindIndex(chain, middleware => ((YamlMappingNode)http["middlewares"][middleware]).Children.ContainsKey("forwardAuth"));
            var before = Sets(http, chain[..asks]);
            Assert.Equal("notes.abcdef.portal.test", before["X-Portal-Host"]);
            Assert.Equal("", before["HTTP2-Settings"]);
            Assert.Equal(name.EndsWith("websocket", StringComparison.Ordinal) ? ("Upgrade", "websocket") : ("", ""), (before["Connection"], before["Upgrade"]));
            Assert.Equal("printed-by-proxy-config-for-notes", Sets(http, chain[(asks + 1)..])[ProxySecret.Header]);
            Assert.All(["X-Portal-Host", "X-Forwarded-Uri", "X-Forwarded-Method"], header => Assert.Equal("", Sets(http, chain[(asks + 1)..])[header]));
        }

        Assert.All(routers.Where(router => router.Value["service"].ToString() == "portal-edge"), router =>
            Assert.Equal("", Sets(http, [router.Value["middlewares"][0].ToString()])["Upgrade"]));
    }

    /// <summary>What the <c>headers</c> middlewares of a chain set; an empty value removes the header.</summary>
    private static Dictionary<string, string> Sets(YamlNode http, IEnumerable<string> chain) => chain
        .SelectMany(middleware => ((YamlMappingNode)http["middlewares"][middleware]["headers"]["customRequestHeaders"]).Children)
        .ToDictionary(header => header.Key.ToString(), header => header.Value.ToString());

    private static (HttpStatusCode, string) Problem(Said answer) => (answer.Status, answer.Code);

    private Task<Said> Ask(string app, string target, string method = "GET", (string, string)[]? client = null, string proto = "https") =>
        two.Inner.Get("/internal/auth", Question(app, target, method, client, proto));

    private (string Name, string Value)[] Question(
        string app, string target, string method = "GET", (string Name, string Value)[]? client = null, string proto = "https") =>
    [
        .. (client ?? []).Where(field => !OfOneConnection.Contains(field.Name)),
        .. two.Forwarded(app, target, method).Select(field => field.Name == "X-Forwarded-Proto" ? (field.Name, proto) : field),
        ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Port", "443"), ("X-Forwarded-Server", "gateway"), ("X-Real-Ip", "192.0.2.1"),
        ("User-Agent", "Go-http-client/1.1"), ("Accept-Encoding", "gzip"),
    ];

    /// <summary>The middleware that <c>proxy-config</c> writes for Ada.</summary>
    private Dictionary<string, YamlNode> ForwardAuth()
    {
        var middlewares = (YamlMappingNode)Configuration(two.Ada.Snapshot)["http"]["middlewares"];
        var verdict = Assert.Single(middlewares.Children.Values.Cast<YamlMappingNode>(), each => each.Children.ContainsKey("forwardAuth"));
        return ((YamlMappingNode)verdict["forwardAuth"]).Children.ToDictionary(option => option.Key.ToString(), option => option.Value);
    }

    private YamlNode Configuration(PortalSnapshot portal)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(TraefikConfig.Write(PrintedConfiguration.Setup(
            [portal], two.Ada.Edge.Authority, two.Ada.Internal.Authority, 443, new Dictionary<string, string>(), null))));
        return yaml.Documents[0].RootNode;
    }
}
