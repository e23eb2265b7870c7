using System.Net;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What the core tells the proxy: who is let through, and what the app may see of the request.</summary>
public sealed class ForwardAuthTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths =
        """
        {
          "": { "access": "private", "headers": { "X-Ptl-User": "{{ portal.short_id }}@x", "X-Remote-User": "admin" } },
          "/pub": { "access": "public", "headers": { "X-Ptl-Client-Type": "public" } },
          "/open": { "access": "public" },
          "/peer": { "access": "peer", "headers": { "X-Ptl-Client-Id": "{{ auth.client_id }}", "X-Ptl-Key": "{{ portal.public_key_pem }}" } }
        }
        """;

    private static readonly string[] Identity = ["X-Ptl-Client-Type", "X-Ptl-Client-Id", "X-Ptl-Client-Name"];

    [Fact]
    public async Task Each_kind_of_caller_reaches_what_the_rule_allows()
    {
        var app = await two.App(Paths, Visibility.All);
        var session = await two.Session(app);
        foreach (var (target, anonymous, device, peer) in new[]
                 {
                     ("/", 401, 200, 403), ("/x?y", 401, 200, 403), ("/open", 200, 200, 200), ("/peer", 401, 403, 200), ("/peer/x", 401, 403, 200),
                     ("/peerage", 401, 200, 403),
                 })
        {
            Assert.Equal(anonymous, (int)(await two.Ask(app, target)).Status);
            Assert.Equal(device, (int)(await two.Ask(app, target, headers: HttpCalls.Bearer(session))).Status);
            Assert.Equal(device, (int)(await two.Ask(app, target, headers: ("Cookie", $"__Host-portal-app={session}"))).Status);
            Assert.Equal(peer, (int)(await two.AskSigned(app, target)).Status);
        }

        Assert.Equal("not_authenticated", (await two.Ask(app, "/")).Code);
        Assert.Equal("forbidden", (await two.AskSigned(app, "/")).Code);
    }

    [Fact]
    public async Task Every_200_has_each_identity_header_exactly_once()
    {
        var app = await two.App(Paths, Visibility.All);
        await two.App("""{ "": { "access": "public", "headers": { "X-Ptl-Elsewhere": "x", "x-ptl-user": "y" } } }""");

        var anonymous = await two.Ask(app, "/open");
        foreach (var name in new[] { "X-Ptl-Client-Type", "X-Ptl-Client-Id", "X-Ptl-Client-Name", "X-Ptl-User", "X-Ptl-Key", "X-Ptl-Elsewhere", "Cookie",
            "Authorization", "Content-Digest" })
            Assert.Single(anonymous.Answer.Headers.NonValidated.Concat(anonymous.Answer.Content.Headers.NonValidated),
                header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(["anonymous", "", ""], Identity.Select(anonymous.Header));
        Assert.Null(anonymous.Header("X-Remote-User"));

        var peer = await two.AskSigned(app, "/peer");
        Assert.Equal(["peer", two.Bob.Id.Value, "Bob Müller 🐈"], Identity.Select(peer.Header));
        Assert.Equal(two.Ada.Snapshot.Portal.Key.Pem.Replace('\n', ' ').Trim(), peer.Header("X-Ptl-Key"));
        Assert.Equal(("", ""), (peer.Header("X-Ptl-User"), peer.Header("X-Ptl-Elsewhere")));

        var device = await two.Ask(app, "/", headers: HttpCalls.Bearer(await two.Session(app)));
        Assert.Equal(["terminal", two.Ada.Snapshot.Devices.Keys.Single(), "Laptop"], Identity.Select(device.Header));
        Assert.Equal($"{two.Ada.Id.Short}@x", device.Header("X-Ptl-User"));
        Assert.Equal("public", (await two.Ask(app, "/pub")).Header("X-Ptl-Client-Type"));
    }

    [Fact]
    public async Task Only_the_internal_listener_answers_and_trusts_forwarded_headers()
    {
        var app = await two.App(Paths);
        using var edge = new HttpClient { BaseAddress = two.Ada.Edge };
        Assert.Equal(HttpStatusCode.NotFound, (await edge.Get("/internal/auth", two.Forwarded(app, "/open"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await edge.Get("/internal/auth/nginx", two.Forwarded(app, "/open"))).Status);
        Assert.Equal("not_authenticated", (await edge.Get("/core/protected/apps", two.Forwarded(app, "/core/public/meta/whoareyou"))).Code);
    }

    [Fact]
    public async Task A_header_sent_twice_is_refused()
    {
        var app = await two.App(Paths);
        var good = two.Forwarded(app, "/open");
        Assert.StartsWith("HTTP/1.1 200", await two.Raw(good), StringComparison.Ordinal);
        foreach (var (name, value) in good)
        {
            Assert.StartsWith("HTTP/1.1 400", await two.Raw([.. good, (name, value)]), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 400", await two.Raw([.. good, (name.ToLowerInvariant(), value)]), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.1 400", await two.Raw([.. good.Where(field => field.Name != name)]), StringComparison.Ordinal);
            var joined = await two.Inner.Get("/internal/auth", [.. good.Select(field => field.Name == name ? (name, $"{value}, {value}") : field)]);
            Assert.Contains(joined.Status, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound });
        }

        Assert.StartsWith("HTTP/1.1 400", await two.Raw([.. two.Forwarded(app, "/"), ("X-Forwarded-Uri", "/open")]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_other_header_changes_the_decision()
    {
        var app = await two.App(Paths);
        foreach (var header in new[]
                 {
                     ("Forwarded", "host=evil.example;proto=http"), ("X_Forwarded_Uri", "/open"), ("X-Original-Url", "/open"), ("X-Rewrite-Url", "/open"),
                     ("X-Forwarded-Prefix", "/open"),
                     ("X-Forwarded-Port", "80"), ("X-Original-Method", "GET"), ("X-Http-Method-Override", "GET"), ("X-Ptl-Client-Type", "terminal"),
                     ("X_Ptl_Client_Type", "terminal"),
                 })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: header)).Status);
        }

        var asked = await two.Inner.Get("/internal/auth?X-Forwarded-Uri=/open", two.Forwarded(app, "/"));
        Assert.Equal(HttpStatusCode.Unauthorized, asked.Status);
    }

    [Fact]
    public async Task Spoofed_identity_headers_are_overwritten_in_any_spelling()
    {
        var app = await two.App(Paths);
        var spoofed = await two.Ask(app, "/open", headers:
        [
            ("X-Ptl-Client-Type", "terminal"), ("x-ptl-client-id", "me"), ("X_Ptl_Client_Name", "me"), ("X.Ptl.Client.Id", "me"), ("X-Ptl-User", "admin"),
            ("X-PTL-Anything", "y"),
        ]);
        Assert.Equal(["anonymous", "", ""], Identity.Select(spoofed.Header));
        Assert.Equal("", spoofed.Header("X-Ptl-User"));
        Assert.Null(spoofed.Header("X-Ptl-Anything"));
    }

    [Theory]
    [InlineData("/private?/open", 401)]
    [InlineData("/private?x=/open", 401)]
    [InlineData("/open?/../private", 200)]
    [InlineData("/open/../private", 400)]
    [InlineData("/open/%2e%2e/private", 400)]
    [InlineData("/open%2fprivate", 400)]
    [InlineData("/open//private", 200)]
    [InlineData("/open/a%2Fb;c", 200)]
    [InlineData("//open", 400)]
    [InlineData("/open;/private", 400)]
    [InlineData("/open%00", 400)]
    [InlineData("/open%c0%af", 400)]
    [InlineData("/openx", 401)]
    [InlineData("/OPEN", 401)]
    [InlineData("/private%2Fx//y;z", 401)]
    [InlineData("/%6fpen", 401)]
    [InlineData("/.portal", 404)]
    [InlineData("/.portal/session?ticket=x", 404)]
    [InlineData("/%2eportal/session", 404)]
    [InlineData("open", 400)]
    public async Task Access_is_decided_by_the_path_that_the_app_will_see(string target, int status)
    {
        var app = await two.App(Paths);
        var asked = await two.Ask(app, target);
        Assert.Equal(status, (int)asked.Status);
        if (status == 400)
            Assert.Equal("path_ambiguous", asked.Code);
    }

    [Fact]
    public async Task Foreign_and_unknown_hosts_are_not_found()
    {
        var app = await two.App(Paths);
        foreach (var host in new[]
                 {
                     two.Ada.Domain, "evil.example", $"nobody.{two.Ada.Domain}", $"{app}.{two.Bob.Domain}", $"x.{app}.{two.Ada.Domain}",
                     $"{app}.{two.Ada.Domain}.evil.example", $"{app}.{two.Ada.Domain}.",
                 })
        {
            var asked = await two.Inner.Get("/internal/auth",
                ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", host), ("X-Forwarded-Uri", "/open"));
            Assert.Equal((HttpStatusCode.NotFound, "app_unknown"), (asked.Status, asked.Code));
        }

        var withPort = await two.Inner.Get("/internal/auth",
            ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "wss"), ("X-Forwarded-Host", $"{app.ToUpperInvariant()}.{two.Ada.Domain}:8443"),
            ("X-Forwarded-Uri", "/open"));
        Assert.Equal(HttpStatusCode.OK, withPort.Status);
    }

    [Fact]
    public async Task The_owners_token_does_not_open_an_app_and_never_reaches_one()
    {
        var app = await two.App(Paths);
        var other = await two.App(Paths);
        var owner = two.Owner.DefaultRequestHeaders.Authorization!.Parameter!;
        var (session, others) = (await two.Session(app), await two.Session(other));
        foreach (var header in new[]
                 {
                     HttpCalls.Bearer(owner), ("Cookie", $"__Host-portal={owner}"), ("Cookie", $"__Host-portal-app={owner}"),
                     HttpCalls.Bearer(others), ("Cookie", $"__Host-portal-app={others}"),
                     ("Cookie", $"__Host-portal-app={session}; __Host-portal-app={session}"),
                 })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: header)).Status);
        }

        var seen = await two.Ask(app, "/open", headers:
        [
            ("Cookie", $"a=1; __Host-portal={owner}; theirs=\"{owner}\"; b=2;c; __host-PORTAL={owner}"),
            ("Cookie", $"__Host-portal-app={session}; __Host-portal-state=x; d=4"), HttpCalls.Bearer(owner),
        ]);
        Assert.Equal(("a=1; b=2; c; d=4", ""), (seen.Header("Cookie"), seen.Header("Authorization")));
        Assert.Equal("Bearer of-the-app", (await two.Ask(app, "/open", headers: HttpCalls.Bearer("of-the-app"))).Header("Authorization"));
        Assert.Equal("Basic YTpi", (await two.Ask(app, "/open", headers: ("Authorization", "Basic YTpi"))).Header("Authorization"));
    }

    [Fact]
    public async Task An_app_session_is_used_by_the_apps_own_pages_only()
    {
        var app = await two.App(Paths);
        var (session, host) = (await two.Session(app), $"{app}.{two.Ada.Domain}");
        var cookie = ("Cookie", $"__Host-portal-app={session}");
        foreach (var (method, upgrade, origin, site, status) in new (string, bool, string?, string?, int)[]
                 {
                     ("POST", false, null, null, 403), ("POST", false, $"https://other.{two.Ada.Domain}", "same-site", 403),
                     ("POST", false, null, "same-site", 403),
                     ("POST", false, "null", null, 403), ("POST", false, $"https://{host}.evil.example", null, 403),
                     ("DELETE", false, $"https://{two.Ada.Domain}", null, 403),
                     ("POST", false, $"https://{host}", null, 200), ("POST", false, null, "same-origin", 200), ("POST", false, null, "none", 200),
                     ("POST", false, "null", "same-origin", 200),
                     ("GET", false, null, null, 200), ("GET", false, null, "cross-site", 200), ("GET", true, null, null, 403),
                     ("GET", true, $"https://{host}", null, 200),
                     ("GET", true, $"https://other.{two.Ada.Domain}", null, 403),
                 })
        {
            (string, string)[] headers =
            [
                cookie, .. origin is null ? [] : new[] { ("Origin", origin) }, .. site is null ? [] : new[] { ("Sec-Fetch-Site", site) },
                .. upgrade ? new[] { ("Upgrade", "websocket") } : [],
            ];
            var asked = await two.Ask(app, "/", method, headers: headers);
            Assert.True(status == (int)asked.Status, $"{method} upgrade={upgrade} {origin} {site}: {asked.Status}");

            // On a public path it goes on as nobody, so that no other page can act as the owner there.
            var open = await two.Ask(app, "/open", method, headers: headers);
            Assert.Equal(status == 200 ? "terminal" : "anonymous", open.Header("X-Ptl-Client-Type"));
        }

        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", "POST", headers: HttpCalls.Bearer(session))).Status);
    }

    [Fact]
    public async Task A_signature_is_accepted_once_and_only_for_a_call()
    {
        var app = await two.App(Paths, Visibility.All);
        var signed = two.Signed(app, "/peer?a=b", "POST");
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/peer?a=b", "POST", headers: signed)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/peer?a=b", "POST", headers: signed)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/peer?a=c", "POST", headers: two.Signed(app, "/peer?a=b", "POST"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/peer", "POST", headers: two.Signed(app, "/peer"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/peer", headers: two.Signed(app, "/peer", tag: "portal-core"))).Status);
        var replayed = await two.Ask(app, "/open", "POST", headers: signed);
        Assert.Equal((HttpStatusCode.OK, "anonymous", ""), (replayed.Status, replayed.Header("X-Ptl-Client-Type"), replayed.Header("Content-Digest")));

        var refused =
            (await two.Owner.Get("/core/protected/calls/refused")).Json.EnumerateArray().Where(call => call.GetProperty("app").GetString() == app).ToList();
        Assert.Contains(refused, call => call.GetProperty("reason").GetString() == "replayed");
        Assert.Contains(refused, call => call.GetProperty("reason").GetString() == "tag_wrong");
    }

    [Fact]
    public async Task A_digest_reaches_the_app_only_if_it_was_signed()
    {
        var app = await two.App(Paths, Visibility.All);
        var (name, value) = two.Signed(app, "/peer").Single(field => field.Name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(value, (await two.AskSigned(app, "/peer")).Header("Content-Digest"));
        Assert.Equal("", (await two.Ask(app, "/open", headers: (name, value))).Header("Content-Digest"));
    }

    [Fact]
    public async Task A_body_that_the_proxy_forwards_is_compared_with_its_digest()
    {
        var app = await two.App(Paths, Visibility.All);
        var body = "a card"u8.ToArray();
        var sha256 = System.Security.Cryptography.SHA256.HashData(body);
        async Task<HttpStatusCode> With(byte[] sent, bool chunked)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/auth") { Content = new ByteArrayContent(sent) };
            request.Headers.TransferEncodingChunked = chunked;
            foreach (var (name, value) in two.Forwarded(app, "/peer", "POST").Concat(two.Signed(app, "/peer", "POST", sha256: sha256)))
            {
                if (!request.Headers.TryAddWithoutValidation(name, value))
                    request.Content.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await two.Inner.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode;
        }

        foreach (var chunked in new[] { false, true })
        {
            Assert.Equal(HttpStatusCode.OK, await With(body, chunked));
            Assert.Equal(HttpStatusCode.Unauthorized, await With("a cart"u8.ToArray(), chunked));
            Assert.Equal(HttpStatusCode.Unauthorized, await With([.. body, 0], chunked));
        }
    }

    [Fact]
    public async Task A_hidden_peer_is_answered_like_a_stranger_byte_for_byte()
    {
        var app = await two.App(Paths, Visibility.None);
        var asked =
            new[] { await two.AskSigned(app, "/peer"), await two.Ask(app, "/peer", headers: Renamed(two.Signed(app, "/peer"))), await two.Ask(app, "/peer") };
        Assert.All(asked, answer => Assert.Equal(HttpStatusCode.Unauthorized, answer.Status));
        Assert.Single(asked.Select(answer => answer.Body).Distinct());
        Assert.Single(asked.Select(answer =>
            string.Join('\n', answer.Answer.Headers.Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(", ", header.Value)}")))
                .Distinct());
        Assert.Equal("anonymous", (await two.AskSigned(app, "/open")).Header("X-Ptl-Client-Type"));

        await two.Owner.Put($"/core/protected/apps/{app}/visibility", $$"""{"mode":"some","peers":["{{two.Bob.Id}}"]}""");
        Assert.Equal(HttpStatusCode.OK, (await two.AskSigned(app, "/peer")).Status);
        await two.Owner.Put($"/core/protected/apps/{app}/visibility", """{"mode":"none"}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.AskSigned(app, "/peer")).Status);
    }

    [Fact]
    public async Task Nginx_gets_only_statuses_that_it_can_handle()
    {
        var app = await two.App(Paths);
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/open", path: "/internal/auth/nginx")).Status);
        foreach (var (target, status, real) in new[] { ("/", 401, "401"), ("//open", 403, "400"), ("/.portal/x", 403, "404") })
        {
            var asked = await two.Ask(app, target, path: "/internal/auth/nginx");
            Assert.Equal((status, real), ((int)asked.Status, asked.Header("X-Portal-Status")));
        }

        var detour = await two.Ask(app, "/x", path: "/internal/auth/nginx", headers: ("Sec-Fetch-Mode", "navigate"));
        Assert.Equal((HttpStatusCode.Unauthorized, "303"), (detour.Status, detour.Header("X-Portal-Status")));
        Assert.StartsWith($"https://{two.Ada.Domain}/core/app-session?app={app}&to=%2Fx&state=", detour.Header("X-Portal-Location"), StringComparison.Ordinal);
        Assert.StartsWith("__Host-portal-state-", detour.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    /// <summary>The same signature under the name of nobody.</summary>
    private static (string Name, string Value)[] Renamed((string Name, string Value)[] signed) =>
        [.. signed.Select(field =>
            (field.Name, System.Text.RegularExpressions.Regex.Replace(field.Value, "keyid=\"[^\"]*\"", $"keyid=\"{new string('a', 103)}\"")))];
}
