using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>The app that a request reaches is the app that it was judged for, however many hosts the request names.</summary>
public sealed class ServedHostTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Public = """{ "": { "access": "public" } }""";
    private const string Private = """{ "": { "access": "private" } }""";

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_request_that_names_two_hosts_reaches_no_private_path(string program)
    {
        var (open, vault) = (await two.App(Public), await two.App(Private));
        var tenant = await two.Ada.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Tenant"));
        await two.Ada.Send(new RegisterApp(tenant, "ledger", System.Text.Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"ledger","paths":{{Private}}}""")));
        var other = two.Ada.Services.GetRequiredService<IPortalSnapshots>().Find(tenant)!.Portal.Domain;
        var closed = 0;
        await using var opened = await PlainHost.Start(context => context.Response.WriteAsync("open"));
        await using var secret = await PlainHost.Start(context =>
        {
            Interlocked.Increment(ref closed);
            return context.Response.WriteAsync("secret");
        });
        await using var rig = await LiveProxyRig.Start(program, two.Ada, new Dictionary<string, string>
        {
            [open] = new Uri(opened.Urls.First()).Authority, [vault] = new Uri(secret.Urls.First()).Authority,
            ["ledger"] = new Uri(secret.Urls.First()).Authority,
        });
        var openHost = $"{open}.{two.Ada.Domain}";
        Assert.Equal((200, "open"), Shown(await rig.Send(openHost, "GET / HTTP/1.1", $"Host: {openHost}")));
        Assert.Equal((200, "open"), Shown(await rig.Send(openHost, $"GET https://{openHost}:{rig.Port}/ HTTP/1.1", $"Host: {openHost}:{rig.Port}")));

        foreach (var closedHost in new[] { $"{vault}.{two.Ada.Domain}", $"ledger.{other}" })
        {
            foreach (var name in new[] { openHost, closedHost })
            {
                RawAnswer[] answers =
                [
                    await rig.Send(name, "GET / HTTP/1.1", $"Host: {closedHost}"),
                    await rig.Send(name, $"GET https://{closedHost}/ HTTP/1.1", $"Host: {openHost}"),
                    await rig.Send(name, $"GET http://{closedHost}/ HTTP/1.1", $"Host: {openHost}"),
                    await rig.Send(name, $"GET https://{closedHost}:{rig.Port}/ HTTP/1.1", $"Host: {openHost}:{rig.Port}", "X-Portal-Host: " + openHost),
                    await rig.Send(name, "GET / HTTP/1.1", $"Host: {closedHost}", "X-Portal-Host: " + openHost, "X-Forwarded-Host: " + openHost),
                    await rig.Send(name, "GET / HTTP/1.1", $"Host: {closedHost}", $"Host: {openHost}"),
                    await rig.Send(name, "GET / HTTP/1.1", $"Host: {openHost}", $"Host: {closedHost}"),
                    await rig.Send(name, $"GET https://{closedHost}/ HTTP/1.0"),
                    await rig.Send(name, $"GET //{closedHost}/ HTTP/1.1", $"Host: {closedHost}@{openHost}"),
                ];
                Assert.DoesNotContain(200, answers.Select(answer => answer.Status));

                // Named by the Host only, it is refused, or a request for the public app (Caddy drops that Host, RFC 9112 section 3.2.2).
                var absolute = await rig.Send(name, $"GET https://{openHost}/ HTTP/1.1", $"Host: {closedHost}");
                Assert.Equal(program switch { "nginx" => 421, "caddy" => 200, _ => 400 }, absolute.Status);
            }
        }

        Assert.Equal(0, closed);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_request_for_an_unknown_host_reaches_no_app_and_no_core(string program)
    {
        await using var rig = await ProxyRig.Start(program);
        foreach (var host in new[] { "mail.abcdef.portal.test.", "evil.example", "127.0.0.1", "" })
        {
            var answer = await RawAnswer.Of(rig.Port, ProxyRig.Host, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.True(answer.Status is 421 or 400 or 404, $"{host}: {answer.Status} {answer.Body}");
        }

        Assert.Empty(rig.Asks);
        Assert.Empty(rig.Arrived);

        // Of a name that no app has, the core itself says so.
        foreach (var host in new[] { "nobody.abcdef.portal.test", "x.mail.abcdef.portal.test" })
        {
            var answer = await RawAnswer.Of(rig.Port, ProxyRig.Host, $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
            Assert.True(answer.Body.Trim() == "edge /" || answer.Status is 421 or 400 or 404, $"{host}: {answer.Status} {answer.Body}");
        }

        Assert.Empty(rig.Asks);
    }

    [Fact]
    public async Task A_forward_auth_request_for_a_host_that_the_proxy_does_not_serve_is_refused()
    {
        var (app, other) = (await two.App(Public), await two.App(Public));
        Task<Said> Served(string host, string path = "/internal/auth") => two.Ask(app, "/", path: path, headers: ("X-Portal-Host", host));

        Assert.Equal(HttpStatusCode.OK, (await Served($"{app}.{two.Ada.Domain}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Served($"{app}.{two.Ada.Domain}".ToUpperInvariant())).Status);
        foreach (var host in new[] { $"{other}.{two.Ada.Domain}", two.Ada.Domain, $"{app}.{two.Bob.Domain}", $"{app}.{two.Ada.Domain}:443",
            $"{app}.{two.Ada.Domain}." })
        {
            var refused = await Served(host);
            Assert.Equal((HttpStatusCode.MisdirectedRequest, "host_mismatch"), (refused.Status, refused.Code));
            Assert.Equal("421", (await Served(host, "/internal/auth/nginx")).Header("X-Portal-Status"));
        }

        var twice = await two.Raw([.. two.Forwarded(app, "/"), ("X-Portal-Host", $"{app}.{two.Ada.Domain}"), ("X-Portal-Host", $"{app}.{two.Ada.Domain}")]);
        Assert.StartsWith("HTTP/1.1 400", twice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_of_the_forwarded_host_does_not_matter()
    {
        var app = await two.App(Public);
        var asked = await two.Inner.Get("/internal/auth",
            ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", $"{app}.{two.Ada.Domain}:8443"), ("X-Forwarded-Uri", "/"),
            ("X-Portal-Host", $"{app}.{two.Ada.Domain}"));
        Assert.Equal(HttpStatusCode.OK, asked.Status);
    }

    private static (int, string) Shown(RawAnswer answer) => (answer.Status, answer.Body.Contains("open", StringComparison.Ordinal) ? "open" : answer.Body);
}
