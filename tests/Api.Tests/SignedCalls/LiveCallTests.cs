using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>An app of Ada calls the same app of Bob, with both registries whole: token, signature, verdict, database.</summary>
public sealed class LiveCallTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Description = """{"v":"1.0","name":"mail","paths":{"":{"access":"private"},"/peer":{"access":"peer"}}}""";

    private readonly TwoPortals portals = new(postgres);
    private HttpClient app = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await portals.InitializeAsync();
        foreach (var portal in new[] { portals.Ada, portals.Bob })
        {
            await portal.Send(new RegisterApp(portal.Id, "mail", Encoding.UTF8.GetBytes(Description)));
            await portal.Send(new SetVisibility(portal.Id, "mail", VisibilityMode.All, []));
        }

        var token = await portals.Ada.Send(new IssueAppToken(portals.Ada.Id, "mail"));
        app = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = portals.Ada.Internal };
        app.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        portals.Bob.Apps["mail"] = Mail;
    }

    public async ValueTask DisposeAsync()
    {
        app.Dispose();
        await portals.DisposeAsync();
    }

    [Fact]
    public async Task The_call_arrives_with_the_callers_identity_and_a_digest_that_fits_the_body()
    {
        using var response = await app.PostAsync(Call("/peer?x=%2F"), new StringContent("Greetings"), Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);
        var headers = seen.GetProperty("headers");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("peer", headers.GetProperty("X-Ptl-Client-Type").GetString());
        Assert.Equal(portals.Ada.Id.Value, headers.GetProperty("X-Ptl-Client-Id").GetString());
        Assert.Equal($"sha-256=:{seen.GetProperty("sha256").GetString()}:", headers.GetProperty("Content-Digest").GetString());
    }

    [Fact]
    public async Task Only_what_is_open_to_peers_is_open_and_only_with_a_token()
    {
        using var closed = await app.GetAsync(Call("/private"), Stop);
        app.DefaultRequestHeaders.Authorization = null;
        using var nobody = await app.GetAsync(Call("/peer"), Stop);

        Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Theory]
    [InlineData("removed by us")]
    [InlineData("removed by them")]
    [InlineData("blocked")]
    [InlineData("hidden")]
    public async Task A_stream_ends_within_a_second_and_no_call_is_passed_on_when_the_peer_is(string how)
    {
        using var response = await app.GetAsync(Call("/peer/stream"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[5], Stop);

        var (ada, bob) = (portals.Ada, portals.Bob);
        await (how switch
        {
            "removed by us" => ada.Send(new RemovePeer(ada.Id, TypedPortalId.Of(bob.Id), Forget: false)),
            "removed by them" => bob.Send(new RemovePeer(bob.Id, TypedPortalId.Of(ada.Id), Forget: false)),
            "blocked" => ada.Send(new BlockPeer(ada.Id, TypedPortalId.Of(bob.Id))),
            _ => ada.Send(new SetVisibility(ada.Id, "mail", VisibilityMode.None, [])),
        });
        var since = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1], Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Stop));
        var took = since.Elapsed;
        using var later = await app.GetAsync(Call("/peer"), Stop);

        if (how != "removed by them") // their notice has to travel first
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(how == "removed by them" ? HttpStatusCode.Conflict : HttpStatusCode.NotFound, later.StatusCode);
    }

    [Fact]
    public async Task Removing_under_load_lets_nothing_through_after_the_acknowledgement()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var acknowledged = long.MaxValue;
        var (early, late) = (0, 0);
        var callers = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!over.IsCancellationRequested)
            {
                var begun = Stopwatch.GetTimestamp();
                try
                {
                    using var response = await app.GetAsync(Call("/peer"), Stop);
                    if (response.StatusCode == HttpStatusCode.OK)
                        Interlocked.Increment(ref begun > Interlocked.Read(ref acknowledged) ? ref late : ref early);
                }
                catch (HttpRequestException) when (begun <= Interlocked.Read(ref acknowledged))
                {
                    // its answer was under way, and is broken off
                }
            }
        }).ToList();
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Stop);

        await portals.Ada.Send(new RemovePeer(portals.Ada.Id, TypedPortalId.Of(portals.Bob.Id), Forget: false));
        Interlocked.Exchange(ref acknowledged, Stopwatch.GetTimestamp());
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Stop);
        await over.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Equal(0, late);
        Assert.NotEqual(0, early);
    }

    private static async Task Mail(HttpContext context)
    {
        if (context.Request.Path != "/peer/stream")
        {
            await CallPeerTests.Echo(context);
            return;
        }

        await context.Response.WriteAsync("first", Stop);
        await context.Response.Body.FlushAsync(Stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    }

    private string Call(string target) => $"/internal/call_peer/{portals.Bob.Id}{target}";
}
