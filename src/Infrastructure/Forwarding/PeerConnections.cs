using System.Net;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// The connections to other Portals, shared by all messages and calls: HTTP/1.1 over TLS (an upgrade needs no other), kept
/// open between requests. The only proxy is that of <c>Peering:Proxy</c>.
/// </summary>
internal sealed class PeerConnections : IDisposable
{
    private static readonly UriCreationOptions Exactly = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly HttpMessageInvoker invoker;
    private readonly PeerDialer dialer;
    private readonly OutboundProxy? proxy;

    public PeerConnections(RegistryOptions options, PeerDialer dialer)
    {
        this.dialer = dialer;
        proxy = options.Peering.Proxy is { Length: > 0 } url ? new OutboundProxy(new Uri(url), dialer) : null;
        var handler = PlainHandler.Create((peer, ct) => dialer.Connect(peer.Host, peer.Port, ct));
        handler.ConnectTimeout = options.Calls.ConnectTimeout;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5); // a moved peer is looked up again
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60);
        handler.Expect100ContinueTimeout = TimeSpan.FromSeconds(1); // for servers that never say 100
        handler.SslOptions = new PeerTrust(options.Peering.TrustedCertificates).Options();
        (handler.UseProxy, handler.Proxy) = (proxy is not null, proxy);
        invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>Completes when the header has arrived. The body is read from the stream.</summary>
    public Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken ct) =>
        proxy is null || proxy.IsBypassed(request.RequestUri!) ? invoker.SendAsync(request, ct) : SendThroughProxy(request, ct);

    /// <summary>Returns a request for exactly this target, which is not decoded, encoded or normalized.</summary>
    /// <param name="uri">Absolute.</param>
    public static HttpRequestMessage Request(HttpMethod method, string uri)
    {
        var request = new HttpRequestMessage { Method = method };
        Address(request, uri);
        return request;
    }

    /// <summary>Sends a request to exactly this target.</summary>
    /// <param name="uri">Absolute.</param>
    public static void Address(HttpRequestMessage request, string uri)
    {
        request.RequestUri = new Uri(uri, Exactly);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    }

    public void Dispose() => invoker.Dispose();

    private async Task<HttpResponseMessage> SendThroughProxy(HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            await dialer.Check(request.RequestUri!.IdnHost, ct);
        }
        catch (TargetRefusedException refused)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, refused.Message, refused);
        }

        return await invoker.SendAsync(request, ct);
    }

    /// <summary>All peers are reached through it, except those of which the operator has said where they are.</summary>
    private sealed class OutboundProxy(Uri address, PeerDialer dialer) : IWebProxy
    {
        public System.Net.ICredentials? Credentials { get; set; } = address.UserInfo.Split(':', 2) is [var user, var password]
            ? new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password))
            : null;

        public Uri GetProxy(Uri destination) => address;

        public bool IsBypassed(Uri host) => dialer.IsFixed(host.IdnHost);
    }
}
