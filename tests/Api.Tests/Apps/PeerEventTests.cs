using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Peers;
using TwoPortals = PeerRegistry.Api.Tests.ForwardAuth.TwoPortals;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>What an app hears of the peers that it sees, and that it hears nothing of others.</summary>
public sealed class PeerEventTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" } }""";

    [Fact]
    public async Task A_new_reader_is_told_the_present_state_and_then_every_change()
    {
        var (_, token) = await App(Visibility.Some([two.Bob.Id]));
        using var reader = await EventReader.Open(two.Inner, token);
        Assert.Equal("text/event-stream", reader.Answer.Content.Headers.ContentType?.MediaType);
        var bob = Assert.Single((await reader.Present()).Peers);
        Assert.Equal((two.Bob.Id.Value, two.Bob.Id.Short.Value, "Bob Müller 🐈", two.Bob.Domain, "mutual", true), (
            Text(bob, "id"), Text(bob, "short_id"), Text(bob, "name"), Text(bob, "domain"), Text(bob, "status"),
            bob.GetProperty("is_reachable").GetBoolean()));

        await Rename(two.Bob.Id, "Robert\n");
        Assert.Equal("Robert", Text((await reader.Next("peer_renamed")).Data, "name"));
        await Rename(two.Bob.Id, null);
        await reader.Next("peer_renamed");

        await Reach(false);
        Assert.False((await reader.Next("peer_unreachable")).Data.GetProperty("is_reachable").GetBoolean());
        await Reach(true);
        await reader.Next("peer_reachable");

        await two.Bob.Remove(two.Ada);
        Assert.Equal("withdrawn", Text((await reader.Next("peer_withdrawn")).Data, "status"));
        await two.Bob.Add(two.Ada);
        Assert.Equal("mutual", Text((await reader.Next("peer_mutual")).Data, "status"));
    }

    [Fact]
    public async Task A_peer_that_is_hidden_by_any_means_disappears_like_one_that_is_removed()
    {
        var circle = await two.Ada.Send(new CreateCircle(two.Ada.Id, "Neighbours"));
        var peer = PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id;
        var (app, token) = await App(Visibility.All);
        await two.Ada.Send(new SetVisibility(two.Ada.Id, app, VisibilityMode.AllExcept, []) { Circles = [circle] });
        await two.Ada.Add(peer);
        using var reader = await EventReader.Open(two.Inner, token);
        await reader.Present();

        var id = TypedPortalId.Of(peer);
        (string How, Func<Task> Hide, Func<Task> Show)[] ways =
        [
            ("removed", () => two.Ada.Send(new RemovePeer(two.Ada.Id, id, false)), () => two.Ada.Add(peer)),
            ("blocked", () => two.Ada.Send(new BlockPeer(two.Ada.Id, id)), () => two.Ada.Send(new UnblockPeer(two.Ada.Id, id))),
            ("named", () => two.Ada.Send(new ShowPeerToApp(two.Ada.Id, app, id, false)), () => two.Ada.Send(new ShowPeerToApp(two.Ada.Id, app, id, true))),
            ("in a circle", () => two.Ada.Send(new SetPeerCircles(two.Ada.Id, id, [circle])), () => two.Ada.Send(new SetPeerCircles(two.Ada.Id, id, []))),
        ];
        var heard = new List<string>();
        foreach (var (_, hide, show) in ways)
        {
            await hide();
            heard.Add(Without((await reader.Next()).ToString()));
            await show();
            heard.Add(Without((await reader.Next()).ToString()));
        }

        Assert.Equal(2, heard.Distinct().Count());
        Assert.Contains("peer_removed", heard[0], StringComparison.Ordinal);
        Assert.Contains("peer_visible", heard[1], StringComparison.Ordinal);
        await two.Ada.Send(new RemovePeer(two.Ada.Id, id, true));

        static string Without(string text) => System.Text.RegularExpressions.Regex.Replace(text, "[0-9a-f]{16}-[0-9]+", "");
    }

    [Fact]
    public async Task What_happens_to_hidden_peers_leaves_no_trace()
    {
        var (_, token) = await App(Visibility.Some([two.Bob.Id]));
        var (_, other) = await App(Visibility.All);
        using var reader = await EventReader.Open(two.Inner, token);
        using var all = await EventReader.Open(two.Inner, other);
        var (_, before) = await reader.Present();
        await all.Present();
        var peer = PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id;
        await two.Ada.Add(peer);
        await all.Next("peer_visible");
        await Rename(peer, "Somebody");
        await all.Next("peer_renamed");
        await two.Ada.Send(new RemovePeer(two.Ada.Id, TypedPortalId.Of(peer), true));
        await all.Next("peer_removed");

        await Rename(two.Bob.Id, "Bobby");
        var heard = await reader.Next("peer_renamed");
        Assert.Equal(Number(before) + 1, Number(heard.Id!));
        await Rename(two.Bob.Id, null);
    }

    [Fact]
    public async Task A_reader_that_comes_back_is_told_what_it_missed_but_no_peer_that_was_hidden_meanwhile()
    {
        var (app, token) = await App(Visibility.All);
        string last;
        using (var first = await EventReader.Open(two.Inner, token))
            last = (await first.Present()).Id;

        using var watching = await EventReader.Open(two.Inner, token);
        await watching.Present();
        var peer = PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id;
        await two.Ada.Add(peer);
        var appeared = await watching.Next("peer_visible");
        await two.Ada.Send(new ShowPeerToApp(two.Ada.Id, app, TypedPortalId.Of(peer), false));
        await watching.Next("peer_removed");
        await Rename(two.Bob.Id, "Bobby");
        await watching.Next("peer_renamed");

        using (var back = await EventReader.Open(two.Inner, token, last))
            Assert.Equal("Bobby", Text((await back.Next("peer_renamed")).Data, "name"));
        using (var knowing = await EventReader.Open(two.Inner, token, appeared.Id))
            Assert.Equal(peer.Value, Text((await knowing.Next("peer_removed")).Data, "id"));

        await Rename(two.Bob.Id, null);
        await two.Ada.Send(new RemovePeer(two.Ada.Id, TypedPortalId.Of(peer), true));
    }

    [Fact]
    public async Task An_id_that_cannot_be_followed_gets_the_present_state()
    {
        var (_, token) = await App(Visibility.Some([two.Bob.Id]));
        var (_, other) = await App(Visibility.Some([two.Bob.Id]));
        using var reader = await EventReader.Open(two.Inner, other);
        var theirs = (await reader.Present()).Id;
        foreach (var id in new[] { theirs, "nonsense", "0000000000000000-1", $"{theirs.Split('-')[0]}-999", new string('9', 4000) })
        {
            using var back = await EventReader.Open(two.Inner, id == theirs ? token : other, id);
            Assert.Single((await back.Present()).Peers);
        }
    }

    [Fact]
    public async Task The_stream_ends_within_a_second_when_the_token_is_replaced_or_the_app_is_removed()
    {
        var (app, token) = await App(Visibility.All);
        using var first = await EventReader.Open(two.Inner, token);
        await first.Present();
        var again = await two.Ada.Send(new IssueAppToken(two.Ada.Id, app));
        await EndsSoon(first);

        using var second = await EventReader.Open(two.Inner, again);
        await second.Present();
        await two.Ada.Send(new RemoveApp(two.Ada.Id, app));
        await EndsSoon(second);
        Assert.Equal("token_invalid", (await two.Inner.Get("/protected/events", HttpCalls.Bearer(again))).Code);

        static async Task EndsSoon(EventReader reader)
        {
            var watch = Stopwatch.StartNew();
            Assert.Equal("", await reader.End());
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task An_app_has_a_limit_of_streams_and_no_other_app_suffers()
    {
        var ((_, token), (_, other)) = (await App(Visibility.All), await App(Visibility.All));
        var open = new List<EventReader>();
        for (var i = 0; i < PeerNewsOfPortal.MostReadersOfApp; i++)
            open.Add(await EventReader.Open(two.Inner, token));
        var refused = await two.Inner.Get("/protected/events", HttpCalls.Bearer(token));
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited", "5"), (refused.Status, refused.Code, refused.Header("Retry-After")));
        using (var reader = await EventReader.Open(two.Inner, other))
            await reader.Present();

        open.ForEach(reader => reader.Dispose());
        await Eventually.Holds(async () =>
        {
            using var again = await EventReader.Open(two.Inner, token);
            return again.Answer.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_silent_stream_has_comments_whose_times_tell_nothing()
    {
        await using var zone = await Neighbourhood.Start(two.Zone.Postgres);
        var ada = await zone.Move("Ada", services => services.AddSingleton(provider => Stream(provider, provider.GetRequiredService<IPeerNews>(),
            silence: TimeSpan.FromMilliseconds(900))));
        await ada.Send(new RegisterApp(ada.Id, "quiet", """{"v":"1.0","name":"quiet","paths":{"":{"access":"private"}}}"""u8.ToArray()));
        using var inner = new HttpClient { BaseAddress = ada.Internal };
        using var reader = await EventReader.Open(inner, await ada.Send(new IssueAppToken(ada.Id, "quiet")));
        await reader.Present();
        var watch = Stopwatch.StartNew();
        var comment = Task.Run(async () =>
        {
            while (await reader.Line() is not (":" or null))
            {
                // the end of the events before it
            }

            return watch.Elapsed;
        });
        while (!comment.IsCompleted)
            await ada.Add(PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id);
        Assert.InRange(await comment, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2500));
    }

    [Fact]
    public async Task A_reader_that_does_not_read_is_cut_off()
    {
        var (app, token) = await App(Visibility.All);
        var stream = Stream(two.Ada.Services, two.Ada.Services.GetRequiredService<IPeerNews>(), patience: TimeSpan.FromMilliseconds(200));
        await using var scope = two.Ada.Services.CreateAsyncScope();
        var lifetime = new Lifetime();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        context.Request.Headers.Authorization = $"Bearer {token}";
        context.Response.Body = new Stuck();
        await stream.Write(context, two.Ada.Id, app).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.True(lifetime.Aborted);
    }

    [Fact]
    public void News_that_are_not_kept_make_a_reader_begin_again()
    {
        var news = new PeerNewsOfApp(TimeProvider.System);
        var peer = new PeerInSight("abcdef", two.Bob.Id.Short, "A", "a.test", PeerStatus.Pending, null);
        news.Add([new(PeerNewsKind.Visible, peer)]);
        var first = news.IdOf(1);
        news.Add(Enumerable.Range(0, 255).Select(_ => new PeerNews(PeerNewsKind.Renamed, peer)));
        Assert.Equal(1, news.Position(first));
        Assert.Equal(255, news.After(1).Count());
        news.Add([new(PeerNewsKind.Renamed, peer)]);
        Assert.Equal(1, news.Position(first));
        news.Add([new(PeerNewsKind.Renamed, peer)]);
        Assert.Equal(-1, news.Position(first));
    }

    private static PeerEventStream Stream(IServiceProvider services, IPeerNews news, TimeSpan? silence = null, TimeSpan? patience = null) => new(
        news, services.GetRequiredService<AppCallers>(), services.GetRequiredService<IOptions<JsonOptions>>(), TimeProvider.System,
        services.GetRequiredService<IHostApplicationLifetime>(), silence, patience);

    private static string? Text(JsonElement peer, string name) => peer.GetProperty(name).GetString();

    private static long Number(string id) => long.Parse(id.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);

    private async Task<(string Name, string Token)> App(Visibility visibility)
    {
        var app = await two.App(Paths, visibility);
        return (app, await two.Ada.Send(new IssueAppToken(two.Ada.Id, app)));
    }

    private Task<MediatR.Unit> Rename(PortalId peer, string? name) => two.Ada.Send(new RenamePeer(two.Ada.Id, TypedPortalId.Of(peer), name?.Trim()));

    private Task Reach(bool reachable) => two.Ada.Services.GetRequiredService<IPeerContacts>()
        .Change(two.Ada.Id, two.Bob.Id.Short, contact => contact with { IsReachable = reachable }, TestContext.Current.CancellationToken);

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool Aborted { get; private set; }

        public void Abort() => Aborted = true;
    }

    /// <summary>A connection whose other side takes nothing.</summary>
    private sealed class Stuck : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
