using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Infrastructure.Snapshots;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>
/// call_peer from the app's socket to the peer's TLS socket and back, with everything between them real but the snapshot, which
/// the test sets, and the signature, which is the bare tag.
/// </summary>
internal sealed class CallRig : IAsyncDisposable
{
    public const string AppToken = "the-token-of-the-app";

    public static readonly PublicKey Key = PublicKey.Ed25519(new byte[32]);

    private readonly TestAuthority authority = new();
    private readonly Snapshots snapshots = new();
    private readonly WebApplication core;
    private readonly IAsyncDisposable peer;
    private readonly int peerPort;
    private readonly string data = Directory.CreateTempSubdirectory("calls-").FullName;

    private CallRig(IAsyncDisposable peer, int peerPort, TestAuthority authority, RegistryOptions.CallsOptions limits, TimeProvider clock)
    {
        (this.peer, this.peerPort, this.authority) = (peer, peerPort, authority);
        snapshots.Current = Of(Mutual());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(new Lines(Logged));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // far more than by default, so that a pause of seconds would end a call
            kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 1e9, gracePeriod: TimeSpan.FromSeconds(2));
            kestrel.PassHeaderBytes();
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Mark(Listener.Internal));
        });
        Services(builder.Services, limits, clock);
        core = builder.Build();
        core.UseMiddleware<Errors>();
        core.UseStatusCodePages(bare => Errors.FillIn(bare.HttpContext));
        core.UseMiddleware<CallPeerMiddleware>();
    }

    public Uri Core => new(core.Urls.First());

    public HttpClient Client { get; } = new(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    });

    public string Data => data;

    public List<string> LookedUp { get; } = [];

    /// <summary>What was told to whoever keeps the contact: the method's name, and <c> refused</c> behind it for a 401.</summary>
    public ConcurrentQueue<string> Told { get; } = [];

    /// <summary>Log lines of the core that are warnings or worse, or that carry an exception.</summary>
    public ConcurrentQueue<string> Logged { get; } = [];

    public PortalSnapshot? Snapshot
    {
        set => snapshots.Current = value;
    }

    public static string Id => Key.Id.Value;

    public T Get<T>()
        where T : notnull => core.Services.GetRequiredService<T>();

    /// <summary>As the host is stopped: open calls may end by themselves until the token says that they had long enough.</summary>
    public Task StopCore(CancellationToken patience) => core.StopAsync(patience);

    /// <param name="others">Peers that are to be reached, too; they answer as the first does.</param>
    public static async Task<CallRig> Start(
        RequestDelegate peer, RegistryOptions.CallsOptions? limits = null, TimeProvider? clock = null, IReadOnlyList<PublicKey>? others = null)
    {
        var authority = new TestAuthority();
        string[] names = [.. (others ?? []).Prepend(Key).Select(key => $"mail.{key.Id.Short}.example")];
        var host = await TlsHost.Start(authority, peer, names);
        return await Start(host, host.Port, authority, limits, clock);
    }

    /// <param name="answer">As of <see cref="ScriptedPeer.Start"/>.</param>
    /// <param name="certify">The peer's certificate for a name; null: a good one.</param>
    public static async Task<CallRig> StartScripted(
        Func<string, Stream, Task> answer, RegistryOptions.CallsOptions? limits = null, Func<TestAuthority, string, X509Certificate2>? certify = null)
    {
        var authority = new TestAuthority();
        var name = $"mail.{Key.Id.Short}.example";
        var host = ScriptedPeer.Start(certify?.Invoke(authority, name) ?? authority.Certify(name), answer);
        return await Start(host, host.Port, authority, limits, null);
    }

    public static Peer Mutual() => Mutual(Key);

    public static Peer Mutual(PublicKey key) => new()
    {
        Typed = TypedPortalId.Of(key.Id), Listed = true, Id = key.Id, Key = key, ClaimedName = "Peer", Domain = $"{key.Id.Short}.example",
        Status = PeerStatus.Mutual, Verification = PeerVerification.FullId,
    };

    public static PortalSnapshot Of(Peer? peer, Visibility? visibility = null)
    {
        var meta = new AppMeta("mail", "Mail", []) { Entrypoints = [new Entrypoint("mail-container", 80, "http")] };
        var shown = visibility ?? Visibility.All;
        return new PortalSnapshot(new Portal(PortalId.Of("self"), Key, "self00.example", "Self", null, false, null, null, null))
        {
            Peers = peer is null ? ImmutableDictionary<ShortId, Peer>.Empty : ImmutableDictionary<ShortId, Peer>.Empty.Add(peer.Short, peer),
            Apps = ImmutableDictionary<string, App>.Empty.Add("mail", new App(meta, shown, DateTimeOffset.UnixEpoch)),
            Credentials = ImmutableDictionary<TokenHash, Credential>.Empty.Add(TokenHash.Of(AppToken), new Credential(CredentialKind.App, "mail", null, null)),
        };
    }

    /// <summary>The same for a Portal with an RSA key, which originals know.</summary>
    public static PortalSnapshot OfRsa(Peer peer)
    {
        using var rsa = System.Security.Cryptography.RSA.Create(2048);
        var (snapshot, key) = (Of(peer), PublicKey.Parse(rsa.ExportSubjectPublicKeyInfoPem() + "\n"));
        return snapshot with { Portal = snapshot.Portal with { Key = key } };
    }

    public Uri Call(string rest, string? id = null) =>
        new($"{Core.Scheme}://{Core.Authority}/internal/call_peer/{id ?? Id}{rest}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await core.StopAsync(soon.Token);
        await core.DisposeAsync();
        await peer.DisposeAsync();
        authority.Dispose();
        Directory.Delete(data, recursive: true);
    }

    private static async Task<CallRig> Start(
        IAsyncDisposable peer, int port, TestAuthority authority, RegistryOptions.CallsOptions? limits, TimeProvider? clock)
    {
        var rig = new CallRig(peer, port, authority, limits ?? new(), clock ?? TimeProvider.System);
        await rig.core.StartAsync();
        return rig;
    }

    private void Services(IServiceCollection services, RegistryOptions.CallsOptions limits, TimeProvider clock)
    {
        services.AddApplication();
        services.AddForwarding();
        services.AddCalls();
        services.AddSingleton(new RegistryOptions
        {
            Data = new RegistryOptions.DataOptions { Directory = data },
            Peering = new RegistryOptions.PeeringOptions { Resolve = [$"*.example=127.0.0.1:{peerPort}"], TrustedCertificates = authority.RootFile },
            Calls = limits,
        });
        services.AddSingleton<NameLookup>((host, _) =>
        {
            LookedUp.Add(host);
            return Task.FromResult<IPAddress[]>([]);
        });
        services.AddSingleton(clock);
        services.AddSingleton<ISignatures, TaggingSignatures>();
        services.AddSingleton<IPortalSnapshots>(snapshots);
        services.AddSingleton<ISnapshotTrust>(new SnapshotTrust(cluster: false, clock, clock));
        var contacts = DispatchProxy.Create<IPeerContacts, CallRecorder>();
        ((CallRecorder)(object)contacts).Told = Told;
        services.AddSingleton(contacts);
        services.AddSingleton<AppCallers>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<IAppAddresses, OneContainer>();
    }

    /// <summary>Whoever calls is the app.</summary>
    private sealed class OneContainer : IAppAddresses
    {
        public ValueTask<string?> Find(IPAddress address, CancellationToken ct) => new("mail-container");
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning || (exception is not null && logLevel >= LogLevel.Information))
                lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        }

        public void Dispose()
        {
        }
    }

    private sealed class Snapshots : IPortalSnapshots
    {
        public PortalSnapshot? Current { get; set; }

        public IReadOnlyCollection<PortalSnapshot> All => Current is { } one ? [one] : [];

        public PortalSnapshot? Find(PortalId portal) => Current?.Portal.Id == portal ? Current : null;

        public PortalSnapshot? FindByHost(string host) => throw new NotSupportedException();

        public (PortalSnapshot Portal, Credential Credential)? FindCredential(TokenHash hash) =>
            Current is { } one && one.Credentials.TryGetValue(hash, out var credential) ? (one, credential) : null;
    }
}

/// <summary>Stands for any port and writes down the names of the methods called on it.</summary>
public class CallRecorder : DispatchProxy
{
    public ConcurrentQueue<string> Told { get; set; } = [];

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        Told.Enqueue(args is [_, _, true] ? targetMethod!.Name + " refused" : targetMethod!.Name);
        return Task.CompletedTask;
    }
}
