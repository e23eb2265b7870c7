using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Peers are reached through the proxy that the operator names, and the check of their addresses stays.</summary>
public sealed class OutboundProxyTests : IAsyncLifetime
{
    private const string Host = "abcdef.example";

    private readonly TestAuthority authority = new();
    private TlsHost peer = null!;
    private Proxy proxy = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        peer = await TlsHost.Start(authority, context => context.Response.WriteAsync("peer", Stop), Host);
        proxy = new Proxy(peer.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await proxy.DisposeAsync();
        await peer.DisposeAsync();
        authority.Dispose();
    }

    [Theory]
    [InlineData("http", "93.184.215.14")]
    [InlineData("socks5", "93.184.215.14")]
    [InlineData("http", null)] // a name that only the proxy knows
    public async Task A_peer_is_reached_through_the_proxy(string scheme, string? address)
    {
        using var connections = Connections(scheme, address);
        using var request = PeerConnections.Request(HttpMethod.Get, $"https://{Host}/");
        using var answer = await connections.Send(request, Stop);
        Assert.Equal("peer", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal([$"{Host}:443"], proxy.Asked);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task A_name_that_leads_to_an_inner_address_is_refused_before_the_proxy_is_asked(string scheme)
    {
        using var connections = Connections(scheme, "192.168.1.1");
        using var request = PeerConnections.Request(HttpMethod.Get, $"https://{Host}/");
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => connections.Send(request, Stop));
        Assert.Contains("not public", PeerFailure.Of(refused).Message, StringComparison.Ordinal);
        Assert.Empty(proxy.Asked);
    }

    [Fact]
    public async Task A_peer_whose_address_the_operator_has_given_is_reached_directly()
    {
        using var connections = Connections("http", null, $"{Host}=127.0.0.1:{peer.Port}");
        using var request = PeerConnections.Request(HttpMethod.Get, $"https://{Host}/");
        using var answer = await connections.Send(request, Stop);
        Assert.Equal("peer", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Empty(proxy.Asked);
    }

    /// <param name="address">What the peer's name resolves to here. Null: nothing.</param>
    private PeerConnections Connections(string scheme, string? address, params string[] resolve)
    {
        var options = new RegistryOptions
        {
            Peering = new() { Proxy = $"{scheme}://127.0.0.1:{proxy.Port}", TrustedCertificates = authority.RootFile, Resolve = resolve },
        };
        NameLookup lookup = (_, _) => address is null
            ? throw new SocketException((int)SocketError.HostNotFound)
            : Task.FromResult<IPAddress[]>([IPAddress.Parse(address)]);
        return new PeerConnections(options, new PeerDialer(options, lookup, TimeProvider.System));
    }

    /// <summary>HTTP CONNECT (RFC 9110 section 9.3.6) and SOCKS 5 (RFC 1928), whichever the client speaks; every target is one port of this machine.</summary>
    private sealed class Proxy : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly int target;
        private readonly Task accepting;

        public Proxy(int target)
        {
            this.target = target;
            listener.Start();
            accepting = Accept();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public ConcurrentQueue<string> Asked { get; } = [];

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        private async Task Accept()
        {
            while (true)
                _ = Serve(await listener.AcceptTcpClientAsync(Stop));
        }

        private async Task Serve(TcpClient client)
        {
            using var _ = client;
            await using var near = client.GetStream();
            var buffer = new byte[1024];
            var read = await near.ReadAsync(buffer, Stop);
            if (buffer[0] == 5)
            {
                await near.WriteAsync(new byte[] { 5, 0 }, Stop);
                read = await near.ReadAsync(buffer, Stop);
                Asked.Enqueue($"{Encoding.ASCII.GetString(buffer, 5, buffer[4])}:{(buffer[read - 2] << 8) | buffer[read - 1]}");
                await near.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, Stop);
            }
            else
            {
                Asked.Enqueue(Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[1]);
                await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), Stop);
            }

            using var server = new TcpClient("127.0.0.1", target);
            await using var far = server.GetStream();
            await Task.WhenAny(near.CopyToAsync(far, Stop), far.CopyToAsync(near, Stop));
        }
    }
}
