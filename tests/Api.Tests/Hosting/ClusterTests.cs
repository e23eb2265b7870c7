using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Apps;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>Two nodes, each a process of its own, on one database. The second reaches it through a relay that can be cut.</summary>
public sealed class ClusterTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Description = """{"v":"1.0","name":"notes","paths":{"":{"access":"private"}}}""";

    private readonly TemporaryData data = new();
    private readonly TemporaryData otherData = new();
    private DatabaseRelay relay = null!;
    private RegistryProcess one = null!;
    private RegistryProcess two = null!;
    private HookReceiver receiver = null!;

    public async ValueTask InitializeAsync()
    {
        receiver = await HookReceiver.Start();
        var database = await postgres.CreateDatabase();
        relay = new DatabaseRelay(postgres.SocketDirectory);
        var relayed = new NpgsqlConnectionStringBuilder(database) { Host = "127.0.0.1", Port = relay.Port };
        one = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", database), ("Cluster__Enabled", "true"), ("Apps__Upstreams__hooked", receiver.Address));
        two = await RegistryProcess.Start(
            otherData.Directory, ("ConnectionStrings__Registry", relayed.ConnectionString), ("Cluster__Enabled", "true"),
            ("Vault__MasterKeyFile", Path.Combine(data.Directory, "master.key")), ("Apps__Upstreams__hooked", receiver.Address));
    }

    public async ValueTask DisposeAsync()
    {
        await two.DisposeAsync();
        await one.DisposeAsync();
        await relay.DisposeAsync();
        await receiver.DisposeAsync();
        data.Dispose();
        otherData.Dispose();
    }

    [Fact]
    public async Task A_second_node_keeps_the_pairing_code_that_the_first_one_printed()
    {
        Assert.DoesNotContain(two.Said, line => line.StartsWith("PAIR ", StringComparison.Ordinal));
        Assert.NotEmpty(await Owner.Pair(one));
    }

    [Fact]
    public async Task A_node_that_was_paused_grants_nothing_that_was_revoked_meanwhile()
    {
        var grant = await Grant.Give(one);
        using var nodeTwo = grant.Clients(two);
        await nodeTwo.Until(HttpStatusCode.OK);

        two.Pause();
        Task<HttpStatusCode[]> waiting;
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1500), TimeProvider.System);
            await grant.Revoke();
            waiting = Task.WhenAll(Enumerable.Range(0, 16).SelectMany(_ => nodeTwo.AskAll()));
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
        finally
        {
            two.Resume();
        }

        // 404 is what call_peer says to an app that it knows: there is no such peer.
        Assert.All(await waiting, status => Assert.True(status is HttpStatusCode.Unauthorized or HttpStatusCode.ServiceUnavailable, $"{status}"));
        await nodeTwo.Until(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_is_cut_off_from_the_database_refuses_until_it_is_back(bool silently)
    {
        var grant = await Grant.Give(one);
        using var nodeTwo = grant.Clients(two);
        await nodeTwo.Until(HttpStatusCode.OK);

        if (silently)
            relay.Freeze();
        else
            relay.Cut();
        await Task.Delay(TimeSpan.FromMilliseconds(1200), TimeProvider.System);
        await grant.Revoke();
        Assert.All(await Task.WhenAll(nodeTwo.AskAll()), status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));

        var verdict = await nodeTwo.Verdict("/internal/auth");
        Assert.Equal(("database_unavailable", "1"), (verdict.Code, verdict.Header("Retry-After")));
        verdict = await nodeTwo.Verdict("/internal/auth/nginx");
        Assert.Equal((HttpStatusCode.Forbidden, "503", "1"), (verdict.Status, verdict.Header("X-Portal-Status"), verdict.Header("X-Portal-Retry-After")));
        Assert.Equal(HttpStatusCode.OK, (await nodeTwo.Edge.Get("/core/public/meta/whoareyou")).Status);
        Assert.Equal(HttpStatusCode.OK, (await nodeTwo.Edge.Get("/health/live")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await nodeTwo.Edge.Get("/health/ready")).Status);

        relay.Restore();
        var watch = Stopwatch.StartNew();
        await nodeTwo.Until(HttpStatusCode.Unauthorized);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(silently ? 10 : 4));
    }

    [Fact]
    public async Task An_app_that_listens_to_one_node_hears_of_what_happens_on_another()
    {
        var grant = await Grant.Give(one);
        using var owner = Owner.Client(one, grant.OwnerToken);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Put("/core/protected/apps/notes/visibility", """{"mode":"all"}""")).Status);
        using var inner = new HttpClient { BaseAddress = new Uri(two.Internal) };
        using var reader = await EventReader.Open(inner, grant.AppToken);
        await reader.Present();
        Assert.Equal(HttpStatusCode.Created, (await owner.Put("/core/protected/peers", """{"id":"cccccc"}""")).Status);
        Assert.Equal("cccccc", (await reader.Next("peer_visible")).Data.GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete("/core/protected/peers/cccccc")).Status);
        await reader.Next("peer_removed");

        Assert.Equal(HttpStatusCode.Created, (await owner.Post("/core/protected/apps/notes/token")).Status);
        var watch = Stopwatch.StartNew();
        await reader.End();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task One_of_two_nodes_posts_each_event_whichever_has_made_it()
    {
        const string Hooked = """{ "v": "1.0", "name": "hooked", "paths": { "": { "access": "private" } }, "webhook": "/hooks/peers" }""";
        var token = await Owner.Pair(one);
        using var first = Owner.Client(one, token);
        using var second = Owner.Client(two, token);
        Assert.Equal(HttpStatusCode.Created, (await first.Put("/core/protected/apps/hooked", Hooked)).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await first.Put("/core/protected/apps/hooked/visibility", """{"mode":"all"}""")).Status);
        foreach (var owner in new[] { first, second, first, second })
        {
            Assert.Equal(HttpStatusCode.Created, (await owner.Put("/core/protected/peers", """{"id":"cccccc"}""")).Status);
            await receiver.Next("peer_visible");
            Assert.Equal(HttpStatusCode.OK, (await owner.Put("/core/protected/peers", """{"id":"cccccc","name":"Carla"}""")).Status);
            await receiver.Next("peer_renamed");
            Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete("/core/protected/peers/cccccc")).Status);
            await receiver.Next("peer_removed");
        }

        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System); // a node that lags would have told something else by now
        Assert.False(receiver.HasMore());
    }

    /// <summary>A device's session with an app, the device itself and the app's token: all that is revoked at once.</summary>
    private sealed record Grant(RegistryProcess Node, string Host, string OwnerToken, string DeviceId, string DeviceToken, string Session, string AppToken)
    {
        public static async Task<Grant> Give(RegistryProcess node)
        {
            var owner = await Owner.Pair(node);
            using var client = Owner.Client(node, owner);
            var code = (await client.Post("/core/protected/terminals/pairing-code")).Json.GetProperty("code").GetString();
            var device = (await client.Post($"/core/public/pair/terminal?code={code}", """{"name":"Phone"}""")).Json;
            Assert.Equal(HttpStatusCode.Created, (await client.Put("/core/protected/apps/notes", Description)).Status);
            var app = (await client.Post("/core/protected/apps/notes/token")).Json.GetProperty("token").GetString()!;
            var token = device.GetProperty("token").GetString()!;
            using var phone = Owner.Client(node, token);
            var session = (await phone.Post("/core/protected/apps/notes/session")).Json.GetProperty("token").GetString()!;
            return new Grant(node, $"notes.{node.Portal[..6]}.portal.localhost", owner, device.GetProperty("id").GetString()!, token, session, app);
        }

        /// <summary>Returns when it is acknowledged.</summary>
        public async Task Revoke()
        {
            using var client = Owner.Client(Node, OwnerToken);
            Assert.Equal(HttpStatusCode.NoContent, (await client.Delete($"/core/protected/terminals/{DeviceId}")).Status);
            Assert.Equal(HttpStatusCode.Created, (await client.Post("/core/protected/apps/notes/token")).Status); // voids the one before
        }

        public Callers Clients(RegistryProcess node) => new(this, node);
    }

    private sealed class Callers(Grant grant, RegistryProcess node) : IDisposable
    {
        private readonly HttpClient inner = new() { BaseAddress = new Uri(node.Internal) };

        public HttpClient Edge { get; } = new() { BaseAddress = new Uri(node.Edge) };

        public Task<Said> Verdict(string path) => inner.Get(
            path, ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", grant.Host), ("X-Forwarded-Uri", "/"),
            HttpCalls.Bearer(grant.Session));

        /// <summary>Forward-auth by the session, the owner's API by the device, a call to an unknown peer and the list of peers by the app.</summary>
        public Task<HttpStatusCode>[] AskAll() =>
        [
            Status(Verdict("/internal/auth")),
            Status(Edge.Get("/core/protected/terminals", HttpCalls.Bearer(grant.DeviceToken))),
            Status(inner.Get("/internal/call_peer/aaaaaa/x", HttpCalls.Bearer(grant.AppToken))),
            Status(inner.Get("/protected/peers", HttpCalls.Bearer(grant.AppToken))),
        ];

        /// <summary>Until all four answer so; a call to an unknown peer is 404 where it is allowed.</summary>
        public async Task Until(HttpStatusCode status)
        {
            var patience = Stopwatch.StartNew();
            while ((await Task.WhenAll(AskAll())).Any(each => each != status && !(status == HttpStatusCode.OK && each == HttpStatusCode.NotFound)))
            {
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), $"Never {status}.");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        public void Dispose()
        {
            inner.Dispose();
            Edge.Dispose();
        }

        private static async Task<HttpStatusCode> Status(Task<Said> asked) => (await asked).Status;
    }
}
