using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Client;
using PeerRegistry.Fake;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>Streams that end, and webhooks that somebody else has signed: the .NET client against servers of the test and against the fake.</summary>
public sealed class EventsOfClientTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_that_ends_is_opened_again_after_the_last_event()
    {
        var asked = new ConcurrentQueue<string>();
        await using var core = await PlainHost.Start(async context =>
        {
            asked.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            if (asked.Count == 2)
            {
                context.Response.StatusCode = StatusCodes.Status502BadGateway;
                return;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(
                asked.Count == 1
                    ? "retry: 1\n\nevent: reset\ndata: {\"peers\":1}\n\nid: e-1\nevent: peer_visible\ndata: {\"id\":\"abcdef\",\"short_id\":\"abcdef\",\"name\":\"Zöe\"}\n\n:\n\nid: e-2\nevent: pe"
                    : "id: e-2\nevent: peer_removed\ndata: {\"id\":\"abcdef\",\"short_id\":\"abcdef\"}\n\n",
                Stop);
        });
        using var portal = new PortalClient(new PortalOptions { Core = new Uri(core.Urls.First()), Token = "t" });
        var heard = await portal.Events(ct: Stop).Take(3).ToListAsync(Stop);
        Assert.Equal(
            [
                new PeerEvent("reset", null, null, 1),
                new PeerEvent("peer_visible", "e-1", new SeenPeer("abcdef", "abcdef", "Zöe", null, null, null)),
                new PeerEvent("peer_removed", "e-2", new SeenPeer("abcdef", "abcdef", null, null, null, null)),
            ],
            heard);
        Assert.Equal(["", "e-1", "e-1"], asked);
    }

    [Theory]
    [InlineData(0, "", true)]
    [InlineData(300, "", true)]
    [InlineData(301, "", false)]
    [InlineData(-301, "", false)]
    [InlineData(0, "x", false)]
    public void The_published_webhook_is_verified_and_any_other_refused(int later, string added, bool isRight)
    {
        var clock = new Clock(DateTimeOffset.FromUnixTimeSeconds(1614265330 + later));
        Assert.Equal(isRight, Webhook.Verify(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
            "v1a,x v1,bm90IGl0 v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            System.Text.Encoding.UTF8.GetBytes("{\"test\": 2432232314}" + added), clock));
    }

    [Fact]
    public async Task The_fake_posts_an_event_to_the_app_which_refuses_what_the_core_has_not_signed()
    {
        var (secret, heard) = ("", new ConcurrentQueue<PeerEvent>());
        await using var app = await PlainHost.Start(async context =>
        {
            var posted = context.Request.Path == "/hooks/peers" ? await Webhook.Read(secret, context.Request, Stop) : null;
            context.Response.StatusCode = posted is null ? StatusCodes.Status401Unauthorized : StatusCodes.Status204NoContent;
            if (posted is not null)
                heard.Enqueue(posted);
        });
        await using var fake = await FakePortal.Start(new FakeOptions
        {
            AppUrl = new Uri(app.Urls.First()),
            Description = """{ "v": "1.0", "name": "a", "paths": { "": { "access": "private" } }, "webhook": "/hooks/peers" }"""u8.ToArray(),
        });
        using var portal = new PortalClient(new PortalOptions { Core = fake.Core, Token = fake.Token });
        secret = await portal.WebhookSecret(Stop);
        var ben = fake.AddPeer("Ben");
        using (var taken = await fake.PostEvent(ben, "peer_mutual", ct: Stop))
            Assert.Equal(StatusCodes.Status204NoContent, (int)taken.StatusCode);
        Assert.True(heard.TryDequeue(out var told));
        Assert.Equal(("peer_mutual", ben.Id, "Ben", "mutual"), (told.Type, told.Peer!.Id, told.Peer.Name, told.Peer.Status));

        using var test = new HttpClient { BaseAddress = fake.Core };
        foreach (var signature in new[] { "wrong", "absent" })
        {
            var refused = await test.Post("/fake/events", $$"""{ "peer": "Ben", "type": "peer_renamed", "signature": "{{signature}}" }""");
            Assert.Equal(StatusCodes.Status401Unauthorized, refused.Json.GetProperty("status").GetInt32());
        }

        Assert.Equal("request_invalid", (await test.Post("/fake/events", """{ "peer": "Ben", "type": "peer_lost" }""")).Code);
        Assert.Empty(heard);
    }

    private sealed class Clock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
