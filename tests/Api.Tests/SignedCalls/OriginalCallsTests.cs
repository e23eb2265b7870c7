using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>
/// Requests that the original core signed, put to <c>/internal/auth</c> as its proxy would: a Portal of that domain, a contact added
/// by six characters, and the clock of the file.
/// </summary>
public sealed class OriginalCallsTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string EmptyDigest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
    private static readonly JsonElement Vectors = Read();
    private readonly Clock clock = new();
    private Neighbourhood zone = null!;
    private LivePortal portal = null!;
    private bool isAdded = true;
    private HttpClient proxy = null!;
    private HttpClient owner = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada", services =>
        {
            services.RemoveAll<ISignatures>();
            services.AddSingleton<ISignatures>(new SignatureService(null!, new ReplayGuard(started: null), clock));
            var real = services.Last(service => service.ServiceType == typeof(IPortalSnapshots));
            services.Add(ServiceDescriptor.Singleton<IPortalSnapshots>(provider => new Staged((IPortalSnapshots)Make(real, provider), () => isAdded)));
        });
        owner = await portal.Owner();
        proxy = new HttpClient { BaseAddress = portal.Internal };
    }

    public async ValueTask DisposeAsync()
    {
        owner.Dispose();
        proxy.Dispose();
        await portal.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task A_signed_request_is_admitted_once()
    {
        foreach (var vector in Vectors.GetProperty("requests").EnumerateArray())
        {
            var name = vector.GetProperty("name").GetString();
            clock.Now = vector.GetProperty("created").GetInt64();
            using var first = await Ask(vector);
            using var again = await Ask(vector);
            Assert.Equal((name, HttpStatusCode.OK), (name, first.StatusCode));
            Assert.Equal((name, HttpStatusCode.Unauthorized), (name, again.StatusCode));
            Assert.Equal(["peer"], first.Headers.GetValues("X-Ptl-Client-Type"));
            Assert.Equal(Digest(vector) ?? EmptyDigest, Assert.Single(first.Headers.GetValues("Content-Digest")));
            Assert.Equal("replayed", (await Refused())[0].GetProperty("reason").GetString());
        }
    }

    [Fact]
    public async Task A_mutation_gets_a_plain_401_and_the_owner_its_reason()
    {
        foreach (var vector in Vectors.GetProperty("negative").EnumerateArray())
        {
            var name = vector.GetProperty("name").GetString()!;
            clock.Now = vector.GetProperty("verifyAt").GetInt64();
            using var answer = await Ask(vector);
            var expected = name switch
            {
                "changed-body" => HttpStatusCode.OK, // the app is handed the digest, and compares
                "changed-host" => HttpStatusCode.NotFound, // no Portal here has that name
                _ => HttpStatusCode.Unauthorized,
            };
            Assert.Equal((name, expected), (name, answer.StatusCode));
            if (expected != HttpStatusCode.Unauthorized)
                continue;

            Assert.DoesNotContain("signature", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.OrdinalIgnoreCase);
            var refused = (await Refused())[0];
            var reason = refused.GetProperty("reason").GetString();
            Assert.Equal(vector.GetProperty("requestTarget").GetString(), refused.GetProperty("path").GetString());
            Assert.NotEmpty(reason!);
            if (reason == "signature_invalid")
                Assert.Contains("\"@target-uri\": https://", refused.GetProperty("signature_base").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_caller_that_the_owner_has_not_added_is_offered_until_it_is_added()
    {
        const string Callers = "/core/protected/peering/callers";
        var vector = Vectors.GetProperty("requests").EnumerateArray().First();
        clock.Now = vector.GetProperty("created").GetInt64();
        isAdded = false;
        using var refused = await Ask(vector);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var caller = Assert.Single((await owner.Get(Callers)).Json.EnumerateArray());
        var alice = PublicKey.Parse(Vectors.GetProperty("keys").GetProperty("alice").GetProperty("publicKeyPem").GetString());
        Assert.Equal((alice.Id.Short.Value, "notes"), (caller.GetProperty("short_id").GetString(), caller.GetProperty("app").GetString()));
        Assert.Contains($"/peers?add={alice.Id.Short}", (await owner.Get("/inbox", ("Accept", "text/html"))).Body, StringComparison.Ordinal);

        isAdded = true;
        Assert.Equal("[]", (await owner.Get(Callers)).Body);
    }

    [Fact]
    public async Task The_list_of_refusals_is_the_owners_and_has_a_limit()
    {
        foreach (var (limit, expected) in new[] { ("0", HttpStatusCode.BadRequest), ("1001", HttpStatusCode.BadRequest), ("1", HttpStatusCode.OK) })
        {
            using var answer = await owner.GetAsync($"/core/protected/calls/refused?limit={limit}", TestContext.Current.CancellationToken);
            Assert.Equal(expected, answer.StatusCode);
        }

        using var anybody = zone.Client();
        using var refused = await anybody.GetAsync($"https://{portal.Domain}/core/protected/calls/refused", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private async Task<HttpResponseMessage> Ask(JsonElement vector)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/internal/auth");
        foreach (var header in vector.GetProperty("forwardAuth").GetProperty("headers").EnumerateArray())
            request.Headers.TryAddWithoutValidation(header[0].GetString()!, header[1].GetString());

        return await proxy.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private async Task<JsonElement> Refused() =>
        JsonDocument.Parse(await owner.GetStringAsync("/core/protected/calls/refused", TestContext.Current.CancellationToken)).RootElement.Clone();

    private static string? Digest(JsonElement vector) => vector.GetProperty("headers").EnumerateArray()
        .Where(header => header[0].GetString() == "Content-Digest").Select(header => header[1].GetString()).SingleOrDefault();

    private static object Make(ServiceDescriptor service, IServiceProvider provider) => service switch
    {
        { ImplementationFactory: { } factory } => factory(provider),
        { ImplementationInstance: { } instance } => instance,
        _ => ActivatorUtilities.CreateInstance(provider, service.ImplementationType!),
    };

    private static JsonElement Read()
    {
        using var stream = typeof(OriginalCallsTests).Assembly.GetManifestResourceStream("upstream-signed-requests.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    }

    private sealed class Clock : TimeProvider
    {
        internal long Now { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }

    /// <summary>The live Portal, moved to the domain of the file, with its signer as an original and a contact.</summary>
    /// <param name="isAdded">Whether it is a contact.</param>
    private sealed class Staged(IPortalSnapshots real, Func<bool> isAdded) : IPortalSnapshots
    {
        public IReadOnlyCollection<PortalSnapshot> All => real.All;

        public PortalSnapshot? Find(PortalId portal) => real.Find(portal) is { } found ? Stage(found) : null;

        public PortalSnapshot? FindByHost(string host) =>
            host.EndsWith(".freeshard.cloud", StringComparison.Ordinal) ? Stage(real.All.First()) : real.FindByHost(host);

        public (PortalSnapshot Portal, Credential Credential)? FindCredential(TokenHash hash) => real.FindCredential(hash);

        private PortalSnapshot Stage(PortalSnapshot snapshot)
        {
            var alice = PublicKey.Parse(Vectors.GetProperty("keys").GetProperty("alice").GetProperty("publicKeyPem").GetString());
            var peer = new Peer
            {
                Typed = TypedPortalId.Of(alice.Id.Short), Listed = true, Id = alice.Id, Key = alice, Domain = "00el52.freeshard.cloud",
                Status = PeerStatus.Mutual,
                Original = true,
            };
            var rule = new AccessRule("", Access.Peer, new Dictionary<string, string> { ["X-Ptl-Client-Type"] = "{{ auth.client_type }}" });
            App App(string name) => new(new AppMeta(name, name, [rule]), Visibility.All, DateTimeOffset.UnixEpoch);
            return snapshot with
            {
                Portal = snapshot.Portal with { Domain = "00el52.freeshard.cloud" },
                Peers = isAdded() ? ImmutableDictionary<ShortId, Peer>.Empty.Add(peer.Short, peer) : ImmutableDictionary<ShortId, Peer>.Empty,
                Apps = ImmutableDictionary<string, App>.Empty.Add("notes", App("notes")).Add("files", App("files")),
            };
        }
    }
}
