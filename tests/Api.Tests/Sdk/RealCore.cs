using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Gateway;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Sdk;

[CollectionDefinition(nameof(RealCore))]
public sealed class RealCoreCollection : ICollectionFixture<RealCore>;

/// <summary>The registry as an app of Bob sees it. Ada answers; the other peers are no Portals, but rows in Bob's history.</summary>
public sealed partial class RealCore(TestPostgres postgres) : IAsyncLifetime, ICoreUnderTest
{
    private const int PerPeer = 3;

    private readonly Dictionary<PeerThat, (string Token, string Peer)> callers = [];
    private readonly TaskCompletionSource everybodyMayGo = new();
    private volatile Heard? heard;
    private int waiting;

    internal GatewayPair Pair { get; } = new(postgres) { ArgumentsOfBob = [$"--Calls:PerPeer={PerPeer}"] };

    public Uri Core => Pair.Bob.Internal;

    /// <summary>The token of the app that Ada has, too.</summary>
    internal string Token => callers[PeerThat.Answers].Token;

    /// <summary>The name of that app.</summary>
    internal string App { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await Pair.InitializeAsync();
        var clock = Pair.Ada.Services.GetRequiredService<TimeProvider>(); // Kestrel's Date is the machine's, by which Ada's clock seems wrong after a 401
        Pair.Tunnel.Change = said => Date().Replace(said, clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        App = await Pair.App(Answer);
        await Pair.Bob.Send(new RegisterApp(
            Pair.Bob.Id, App, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{App}}","paths":{{GatewayPair.Paths}},"permissions":["profile","devices"]}""")));
        var refused = await Pair.App(Answer);
        await Pair.Ada.Send(new SetVisibility(Pair.Ada.Id, refused, VisibilityMode.None, []));
        var missing = "missing";
        await Pair.Bob.Send(new RegisterApp(
            Pair.Bob.Id, missing, Encoding.UTF8.GetBytes("""{"v":"1.0","name":"missing","paths":{"":{"access":"peer"}}}""")));
        await Pair.Bob.Send(new SetVisibility(Pair.Bob.Id, missing, VisibilityMode.All, []));

        var (unreachable, hidden, pending) = (await AddMutual(), await AddMutual(), PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id);
        await Pair.Bob.Add(pending);
        await Pair.Bob.Send(new SetVisibility(Pair.Bob.Id, App, VisibilityMode.AllExcept, [TypedPortalId.Of(hidden)]));
        var token = await Pair.Bob.Send(new IssueAppToken(Pair.Bob.Id, App));
        callers[PeerThat.Answers] = (token, Pair.Ada.Id.Value);
        callers[PeerThat.IsUnreachable] = (token, unreachable.Value);
        callers[PeerThat.IsHidden] = (token, hidden.Value);
        callers[PeerThat.IsNotMutual] = (token, pending.Value);
        callers[PeerThat.Refuses] = (await Pair.Bob.Send(new IssueAppToken(Pair.Bob.Id, refused)), Pair.Ada.Id.Value);
        callers[PeerThat.LacksTheApp] = (await Pair.Bob.Send(new IssueAppToken(Pair.Bob.Id, missing)), Pair.Ada.Id.Value);

        using var app = new HttpClient { BaseAddress = Core };
        app.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await Eventually.Holds(async () => // which apps Ada has comes with her next notice, and must not come between two requests of a test
            (await app.Get($"/protected/peers/{Pair.Ada.Id}")).Json.GetProperty("has_app").ValueKind == JsonValueKind.True);
    }

    public ValueTask DisposeAsync() => Pair.DisposeAsync();

    (string Token, string Peer) ICoreUnderTest.Of(PeerThat peer) => callers[peer];

    Heard ICoreUnderTest.LastHeard() => heard!;

    Task ICoreUnderTest.Rename(PeerThat peer, string name) => Pair.Bob.Send(new RenamePeer(Pair.Bob.Id, TypedPortalId.Parse(callers[peer].Peer), name));

    Task ICoreUnderTest.Show(PeerThat peer, bool isShown) =>
        Pair.Bob.Send(new ShowPeerToApp(Pair.Bob.Id, App, TypedPortalId.Parse(callers[peer].Peer), isShown));

    Task ICoreUnderTest.Grant(string permission, bool granted)
    {
        Assert.True(AppPermissions.TryParse(permission, out var asked));
        return Pair.Bob.Send(new DecidePermission(Pair.Bob.Id, App, asked, granted));
    }

    async Task<IAsyncDisposable> ICoreUnderTest.Occupy()
    {
        var client = new HttpClient { BaseAddress = Core };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        var calls = Enumerable.Range(0, PerPeer).Select(_ => client.GetAsync(Pair.Call("/peer/wait"), TestContext.Current.CancellationToken)).ToList();
        await Eventually.Holds(() => Volatile.Read(ref waiting) == PerPeer);
        return new Waiting(async () =>
        {
            everybodyMayGo.SetResult();
            foreach (var call in calls)
                (await call).Dispose();
            client.Dispose();
        });
    }

    private async Task Answer(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target == "/peer/wait")
        {
            Interlocked.Increment(ref waiting);
            await everybodyMayGo.Task;
        }

        using var body = new StreamReader(context.Request.Body);
        heard = new Heard(
            context.Request.Method, target,
            context.Request.Headers.ToImmutableDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await body.ReadToEndAsync(context.RequestAborted));
        context.Response.Headers["X-From-Peer"] = "yes";
        context.Response.Headers["X-Ptl-Made-Up"] = "1";
        await context.Response.WriteAsync(ICoreUnderTest.Answer, context.RequestAborted);
    }

    private async Task<PortalId> AddMutual()
    {
        var key = PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32));
        var id = key.Id;
        await new TestStore(Pair.Bob.Services).Append(
            new Changes(Pair.Bob.Id, Actor.System,
            [
                new StreamChange($"peer-{id.Short}", 0,
                [
                    new PeerAdded(id, TypedPortalId.Of(id), null, null, $"{id.Short}.{Neighbourhood.Zone}", PeerVerification.FullId),
                    new PeerKeyPinned(id, key, $"Peer {id.Short}", PeerVerification.FullId, Signed: true),
                    new PeeringConfirmed(id),
                ]),
            ]),
            default);
        return id;
    }

    [GeneratedRegex(@"(?<=\r\nDate: )[^\r]{29}")]
    private static partial Regex Date();

    private sealed class Waiting(Func<Task> end) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await end();
    }
}
