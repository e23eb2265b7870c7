using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;
using PeerRegistry.Api.Hosting;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Bench;

/// <summary>
/// A whole registry with an app and its peers, an nginx with TLS that plays the peer, and a second nginx that passes the same requests on.
/// The registry runs in this process, everything else outside of it.
/// </summary>
internal sealed class CallStage : IAsyncDisposable
{
    public const string Zone = "bench.test";
    public const string SlowZone = "slow.test";

    private readonly ThrowawayPostgres postgres = new();
    private readonly TestAuthority authority = new();
    private readonly List<Process> children = [];
    private WebApplication registry = null!;
    private PortalId self;

    public string Folder { get; } = Directory.CreateTempSubdirectory("bench-call-").FullName;

    public RegistryOptions Options => registry.Services.GetRequiredService<RegistryOptions>();

    public IServiceProvider Services => registry.Services;

    public Uri Internal { get; private set; } = null!;

    public string Token { get; private set; } = "";

    public PublicKey Peer { get; private set; } = null!;

    public string PeerHost => $"mail.{Peer.Id.Short}.{Zone}";

    public Uri NginxProxy { get; private set; } = null!;

    public X509Certificate2 Certify(params string[] names) => authority.Certify(names);

    public static async Task<CallStage> Set(int slowPort)
    {
        var stage = new CallStage { Peer = NewKey() };
        Directory.CreateDirectory(Path.Combine(stage.Folder, "www"));
        await using (var file = File.Create(Path.Combine(stage.Folder, "www", "big")))
            file.SetLength(1L << 30);
        var peerPort = FreePort();
        await stage.StartPeer(peerPort);
        await stage.StartRegistry(peerPort, slowPort);
        return stage;
    }

    /// <summary>Mutual, with its key pinned.</summary>
    public async Task AddPeer(PublicKey key, string zone)
    {
        var id = key.Id;
        var change = new StreamChange($"peer-{id.Short}", 0, [
            new PeerAdded(id, TypedPortalId.Of(id), null, null, $"{id.Short}.{zone}", PeerVerification.FullId),
            new PeerKeyPinned(id, key, "Peer", PeerVerification.FullId, Signed: true),
            new PeeringConfirmed(id),
        ]);
        await new TestStore(registry.Services).Append(new Changes(self, Actor.System, [change]), CancellationToken.None);
    }

    public static PublicKey NewKey() => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32));

    public static int FreePort()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await registry.StopAsync();
        await registry.DisposeAsync();
        foreach (var child in children)
        {
            child.Kill(entireProcessTree: true);
            await child.WaitForExitAsync();
            child.Dispose();
        }

        authority.Dispose();
        await postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task StartRegistry(int peerPort, int slowPort)
    {
        await postgres.InitializeAsync();
        registry = RegistryHost.Build([
            $"--ConnectionStrings:Registry={await postgres.CreateDatabase()}",
            $"--Data:Directory={Folder}/data",
            "--Listen:Edge=http://127.0.0.1:0",
            "--Listen:Internal=http://127.0.0.1:0",
            $"--Peering:Resolve:0=*.{Zone}=127.0.0.1:{peerPort}",
            $"--Peering:Resolve:1=*.{SlowZone}=127.0.0.1:{slowPort}",
            $"--Peering:TrustedCertificates={authority.RootFile}",
            "--Calls:DeferredPerApp=1000000",
            "--Calls:DeferredPerPortal=1000000",
            "--Calls:DeferredBytesPerApp=10000000000",
            "--Logging:LogLevel:Default=Warning",
        ]);
        await registry.StartAsync();
        Internal = new Uri(registry.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Last());
        self = registry.Services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id;
        await using var scope = registry.Services.CreateAsyncScope();
        var sender = scope.ServiceProvider.GetRequiredService<IMediator>();
        await sender.Send(new RegisterApp(self, "mail", Encoding.UTF8.GetBytes("""{"v":"1.0","name":"mail","paths":{"":{"access":"private"}}}""")));
        await sender.Send(new SetVisibility(self, "mail", VisibilityMode.All, []));
        Token = await sender.Send(new IssueAppToken(self, "mail"));
        await AddPeer(Peer, Zone);
    }

    private async Task StartPeer(int port)
    {
        var certificate = authority.Certify(PeerHost);
        await File.WriteAllTextAsync(Path.Combine(Folder, "cert.pem"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(Path.Combine(Folder, "key.pem"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var proxy = FreePort();
        NginxProxy = new Uri($"http://127.0.0.1:{proxy}");
        children.Add(Nginx.Start(Folder, "peer", $$"""
            server {
                listen 127.0.0.1:{{port}} ssl;
                ssl_certificate {{Folder}}/cert.pem;
                ssl_certificate_key {{Folder}}/key.pem;
                ssl_session_cache shared:s:1m;
                keepalive_requests 1000000;
                client_max_body_size 0;
                location / { return 200 "{{new string('a', 1024)}}"; }
                location /big { root {{Folder}}/www; }
            }
            """));
        children.Add(Nginx.Start(Folder, "proxy", $$"""
            upstream peer { server 127.0.0.1:{{port}}; keepalive 64; keepalive_requests 1000000; }
            server {
                listen 127.0.0.1:{{proxy}};
                keepalive_requests 1000000;
                location / {
                    proxy_pass https://peer;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Host {{PeerHost}};
                    proxy_ssl_name {{PeerHost}};
                    proxy_ssl_server_name on;
                    proxy_ssl_session_reuse on;
                    proxy_request_buffering off;
                }
            }
            """));
    }
}
