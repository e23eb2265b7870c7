using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PeerRegistry.Client;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>Which requests of the client are sent again, and when.</summary>
public sealed class RetryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET", 429, null, true)] // of the peer's app
    [InlineData("GET", 503, null, true)]
    [InlineData("PUT", 503, "database_unavailable", true)]
    [InlineData("POST", 429, "rate_limited", true)] // nothing was sent yet
    [InlineData("POST", 503, "database_unavailable", false)] // the peer may have it already
    [InlineData("POST", 429, null, false)]
    [InlineData("GET", 502, "peer_unreachable", false)]
    public async Task Only_what_can_do_no_harm_is_sent_again(string method, int status, string? code, bool again)
    {
        var core = new Core(status, code, TimeSpan.FromSeconds(7));
        var sent = Send(core, new HttpRequestMessage(new HttpMethod(method), "https://abcdef/") { Content = new StringContent("x") });
        if (again)
        {
            Assert.Equal(HttpStatusCode.OK, (await sent).StatusCode);
            Assert.Equal([TimeSpan.FromSeconds(7)], core.Clock.Waited);
            Assert.Equal(["x", "x"], core.Bodies);
        }
        else
        {
            Assert.Equal(code, (await Record.ExceptionAsync(() => sent) as PortalException)?.Code);
            Assert.Empty(core.Clock.Waited);
        }
    }

    [Fact]
    public async Task A_call_to_be_delivered_later_is_sent_again_because_its_key_makes_it_one()
    {
        var core = new Core(503, "busy", TimeSpan.FromSeconds(1));
        using var portal = new PortalClient(new PortalOptions { Core = new Uri("http://core"), Clock = core.Clock }, core);
        using var card = new HttpRequestMessage(HttpMethod.Post, "https://abcdef/") { Content = new StringContent("x") };
        var notStored = await Assert.ThrowsAsync<HttpRequestException>(() => portal.Deferred.Send(card, "card-17", Stop)); // 200 is not 202
        Assert.IsNotType<PortalException>(notStored);
        Assert.Equal(["x", "x"], core.Bodies);
    }

    [Fact]
    public async Task A_body_that_is_a_stream_is_sent_once()
    {
        var core = new Core(429, "rate_limited", TimeSpan.FromSeconds(1));
        var request = new HttpRequestMessage(HttpMethod.Put, "https://abcdef/") { Content = new StreamContent(new MemoryStream("x"u8.ToArray())) };
        var refused = await Assert.ThrowsAsync<PortalException>(() => Send(core, request));
        Assert.Equal(("rate_limited", TimeSpan.FromSeconds(1)), (refused.Code, refused.RetryAfter));
        Assert.Single(core.Bodies);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(null)]
    public async Task Nobody_waits_longer_than_allowed_or_without_a_time(int? seconds)
    {
        var core = new Core(429, "rate_limited", seconds is { } some ? TimeSpan.FromSeconds(some) : null);
        await Assert.ThrowsAsync<PortalException>(() => Send(core, new HttpRequestMessage(HttpMethod.Get, "https://abcdef/")));
        Assert.Empty(core.Clock.Waited);
    }

    [Fact]
    public async Task After_three_more_attempts_the_refusal_stands()
    {
        var core = new Core(429, "rate_limited", TimeSpan.FromSeconds(1)) { Refusals = int.MaxValue };
        await Assert.ThrowsAsync<PortalException>(() => Send(core, new HttpRequestMessage(HttpMethod.Get, "https://abcdef/")));
        Assert.Equal(3, core.Clock.Waited.Count);
    }

    private static async Task<HttpResponseMessage> Send(Core core, HttpRequestMessage request)
    {
        using var client = new HttpClient(new CallPeerHandler(new PortalOptions { Core = new Uri("http://core"), Token = "t", Clock = core.Clock }, core));
        return await client.SendAsync(request, Stop);
    }

    /// <summary>Refuses, and then answers 200.</summary>
    private sealed class Core(int status, string? code, TimeSpan? retryAfter) : HttpMessageHandler
    {
        public int Refusals { get; set; } = 1;

        public List<string> Bodies { get; } = [];

        public ImpatientClock Clock { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
            if (Bodies.Count > Refusals)
                return new HttpResponseMessage();
            var refused = new HttpResponseMessage((HttpStatusCode)status)
            {
                Content = new StringContent($$"""{"code":"{{code}}"}""", Encoding.UTF8, "application/problem+json"),
            };
            if (retryAfter is { } wait)
                refused.Headers.RetryAfter = new RetryConditionHeaderValue(wait);
            if (code is not null)
                refused.Headers.Add("X-Ptl-Problem", code);
            return refused;
        }
    }

    /// <summary>Its timers end at once.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        public List<TimeSpan> Waited { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waited.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
