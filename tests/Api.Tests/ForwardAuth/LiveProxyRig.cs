using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Tests.Kernel;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A real proxy with TLS that asks a live Portal's core, and an app behind it that compares digest and body as Postcards does.</summary>
internal sealed class LiveProxyRig : IAsyncDisposable
{
    private readonly TestAuthority authority = new();
    private readonly string[] files = [Path.GetTempFileName(), Path.GetTempFileName()];
    private readonly WebApplication app;
    private ProxyProcess? proxy;

    private LiveProxyRig()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(Receive);
    }

    /// <summary>Who sent what the app took.</summary>
    public ConcurrentQueue<(string From, string Body)> Taken { get; } = [];

    public HttpClient Client { get; private set; } = null!;

    public static async Task<LiveProxyRig> Start(string program, LivePortal portal, string name)
    {
        var rig = new LiveProxyRig();
        var certificate = rig.authority.Certify($"*.{portal.Domain}", portal.Domain);
        await File.WriteAllTextAsync(rig.files[0], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(rig.files[1], certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        await rig.app.StartAsync();
        var proxied = new ProxiedApp(name, new Uri(rig.app.Urls.First()).Authority);
        string Setup(int port, Func<ProxySetup, string> write) => write(new ProxySetup(
            [new ProxiedPortal(portal.Domain, [proxied], ["X-Ptl-Client-Type", "X-Ptl-Client-Id", "X-Ptl-Client-Name"])],
            portal.Edge.Authority, portal.Internal.Authority, port, InternalAuthority: false, rig.files[0], rig.files[1]));
        rig.proxy = program == "caddy"
            ? await ProxyProcess.Caddy(port => Setup(port, CaddyConfig.Write))
            : await ProxyProcess.Nginx(port => Setup(port, NginxConfig.Write));
        rig.Client = new HttpClient(new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, errors) => errors is 0 or SslPolicyErrors.RemoteCertificateChainErrors },
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, rig.proxy.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        return rig;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (proxy is not null)
            await proxy.DisposeAsync();
        await app.DisposeAsync();
        authority.Dispose();
        Array.ForEach(files, File.Delete);
    }

    private async Task Receive(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Headers["Content-Digest"] != $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body.ToArray()))}:")
        {
            context.Response.StatusCode = 422; // nobody else here answers so
            return;
        }

        Taken.Enqueue((context.Request.Headers["X-Ptl-Client-Id"].ToString(), System.Text.Encoding.UTF8.GetString(body.ToArray())));
        context.Response.StatusCode = 204;
    }
}
