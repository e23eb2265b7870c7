using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Application.ForwardAuth;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A real proxy with TLS that asks a live Portal's core, configured for one of its apps.</summary>
internal sealed class LiveProxyRig : IAsyncDisposable
{
    private TestAuthority? own;
    private readonly string[] files = [Path.GetTempFileName(), Path.GetTempFileName()];
    private ProxyProcess? proxy;

    public HttpClient Client { get; private set; } = null!;

    public int Port => proxy!.Port;

    /// <param name="upstream">Where the app itself listens.</param>
    /// <param name="change">Changes the printed configuration. Null: it is used as it is.</param>
    /// <param name="authority">Issues the proxy's certificate. Null: one that only <see cref="Client"/> trusts.</param>
    public static async Task<LiveProxyRig> Start(
        string program, LivePortal portal, string app, string upstream, Func<string, string>? change = null, TestAuthority? authority = null)
    {
        var rig = new LiveProxyRig();
        var certificate = (authority ?? (rig.own = new TestAuthority())).Certify($"*.{portal.Domain}", portal.Domain);
        await File.WriteAllTextAsync(rig.files[0], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(rig.files[1], certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var proxied = new ProxiedPortal(
            portal.Domain, [new ProxiedApp(app, new Uri(upstream).Authority)], [.. HandedHeaders.Of(portal.Snapshot).Names]);
        string Setup(int port, Func<ProxySetup, string> write) => (change ?? (text => text))(write(new ProxySetup(
            [proxied], portal.Edge.Authority, portal.Internal.Authority, port, InternalAuthority: false, rig.files[0], rig.files[1])));
        rig.proxy = program == "caddy"
            ? await ProxyProcess.Caddy(port => Setup(port, CaddyConfig.Write))
            : await ProxyProcess.Nginx(port => Setup(port, NginxConfig.Write));
        rig.Client = rig.proxy.Client();
        return rig;
    }

    /// <summary>As a browser with the app's page open asks for a WebSocket; gone again when it was let in.</summary>
    /// <returns>Status.</returns>
    public async Task<int> Upgrade(string url, params (string Name, string Value)[] headers)
    {
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        using var invoker = proxy!.Client();
        try
        {
            await socket.ConnectAsync(new Uri(url), invoker, TestContext.Current.CancellationToken);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", TestContext.Current.CancellationToken);
        }
        catch (WebSocketException)
        {
            // refused: the status says how
        }

        return (int)socket.HttpStatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (proxy is not null)
            await proxy.DisposeAsync();
        own?.Dispose();
        Array.ForEach(files, File.Delete);
    }
}
