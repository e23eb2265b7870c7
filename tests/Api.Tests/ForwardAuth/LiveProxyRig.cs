using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>
/// A real proxy with TLS that asks a live Portal's core, configured for one of its apps; or as <c>gateway</c>, a tunnel with TLS that knows no HTTP, behind
/// which the core itself forwards to the app.
/// </summary>
internal sealed class LiveProxyRig : IAsyncDisposable
{
    private readonly TestCertificate certificate;
    private IAsyncDisposable? proxy;

    private LiveProxyRig(TestCertificate certificate) => this.certificate = certificate;

    public HttpClient Client { get; private set; } = null!;

    public int Port { get; private set; }

    /// <param name="upstream">URL at which the app itself listens.</param>
    /// <param name="change">Changes the printed configuration. Null: it is used as it is.</param>
    /// <param name="authority">Issues the proxy's certificate. Null: one that only <see cref="Client"/> trusts.</param>
    public static Task<LiveProxyRig> Start(
        string program, LivePortal portal, string app, string upstream, Func<string, string>? change = null, TestAuthority? authority = null) =>
        Start(program, portal, new Dictionary<string, string> { [app] = new Uri(upstream).Authority }, change, authority);

    /// <param name="upstreams"><c>host:port</c> of each app that runs, by its name. All Portals of the registry are served.</param>
    public static async Task<LiveProxyRig> Start(
        string program, LivePortal portal, IReadOnlyDictionary<string, string> upstreams, Func<string, string>? change = null, TestAuthority? authority = null)
    {
        var all = portal.Services.GetRequiredService<IPortalSnapshots>().All;
        var rig = new LiveProxyRig(new TestCertificate(authority, [.. all.SelectMany(each => new[] { $"*.{each.Portal.Domain}", each.Portal.Domain })]));
        if (program == "gateway")
        {
            portal.Serve(upstreams);
            var tunnel = TlsTunnel.Start(rig.certificate, portal.Edge);
            (rig.proxy, rig.Port) = (tunnel, tunnel.Port);
        }
        else
        {
            var started = await PrintedConfiguration.Start(program, port => PrintedConfiguration.Setup(
                all, portal.Edge.Authority, portal.Internal.Authority, port, upstreams, rig.certificate, portal.Services.GetRequiredService<IProxySecrets>()),
                    change);
            (rig.proxy, rig.Port) = (started, started.Port);
        }

        rig.Client = ProxyProcess.Client(rig.Port);
        return rig;
    }

    /// <summary>Sends exactly these bytes over TLS, where a client library would correct them.</summary>
    /// <param name="serverName">The name in the TLS handshake.</param>
    /// <param name="lines">The request line and the header lines.</param>
    public Task<RawAnswer> Send(string serverName, params string[] lines) =>
        RawAnswer.Of(Port, serverName, string.Concat(lines.Select(line => line + "\r\n")) + "\r\n");

    /// <summary>As a browser with the app's page open asks for a WebSocket; gone again when it was let in.</summary>
    /// <returns>Status.</returns>
    public async Task<int> Upgrade(string url, params (string Name, string Value)[] headers)
    {
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        foreach (var (name, value) in headers)
            socket.Options.SetRequestHeader(name, value);
        using var invoker = ProxyProcess.Client(Port);
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
        certificate.Dispose();
    }
}
