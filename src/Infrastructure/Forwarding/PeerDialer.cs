using System.Net;
using System.Net.Sockets;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Looks up all addresses of a name. It is DNS except in tests.</summary>
internal delegate Task<IPAddress[]> NameLookup(string host, CancellationToken ct);

/// <summary>
/// Opens the TCP connection to a peer. The addresses are checked here, at the moment of connecting and on the addresses that are connected to, so that a
/// name cannot resolve to another address after the check (DNS rebinding).
/// </summary>
internal sealed class PeerDialer(RegistryOptions options, NameLookup lookup, TimeProvider clock)
{
    private static readonly TimeSpan BeforeNextAddress = TimeSpan.FromSeconds(2);

    private readonly IPNetwork[] allowed = [.. options.Peering.AllowedNetworks.Select(Cidr.Parse)];
    private readonly FixedAddresses fixedAddresses = new(options.Peering.Resolve);
    private readonly Uri? proxy = options.Peering.Proxy is { Length: > 0 } url ? new Uri(url) : null;

    /// <summary>Whether the operator has said where this host is.</summary>
    public bool IsFixed(string host) => fixedAddresses.Find(host) is not null;

    /// <param name="host">A peer's, or the proxy's if peers are reached through one.</param>
    /// <exception cref="TargetRefusedException">One of the name's addresses is neither public nor in an allowed network.</exception>
    public async Task<Stream> Connect(string host, int port, CancellationToken ct)
    {
        if (fixedAddresses.Find(host) is { } endPoint)
            return await Open(endPoint, ct);

        var addresses = await Find(host, ct);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        if (proxy?.IdnHost != host || proxy.Port != port)
            Require(host, addresses);
        return await OpenAny(addresses, port, ct);
    }

    /// <param name="host">The Portal's own, or that of one of its apps; it may have any address.</param>
    public async Task<Stream> ConnectOwn(string host, int port, CancellationToken ct)
    {
        if (fixedAddresses.Find(host) is { } endPoint)
            return await Open(endPoint, ct);

        var addresses = await lookup(host, ct);
        return addresses.Length > 0 ? await OpenAny(addresses, port, ct) : throw new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>The addresses of the Portal's own host, or of that of one of its apps.</summary>
    /// <exception cref="SocketException">The name cannot be resolved.</exception>
    public async Task<IPAddress[]> FindOwn(string host, CancellationToken ct) =>
        fixedAddresses.Find(host) is { } endPoint ? [endPoint.Address] : await lookup(host, ct);

    /// <summary>Tries the addresses in turn, the last one without a deadline of its own.</summary>
    private async Task<Stream> OpenAny(IPAddress[] addresses, int port, CancellationToken ct)
    {
        for (var i = 0; ; i++)
        {
            using var attempt = new CancellationTokenSource(i + 1 < addresses.Length ? BeforeNextAddress : Timeout.InfiniteTimeSpan, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, attempt.Token);
            try
            {
                return await Open(new IPEndPoint(addresses[i], port), either.Token);
            }
            catch (Exception e) when (i + 1 < addresses.Length && !ct.IsCancellationRequested && e is SocketException or OperationCanceledException)
            {
                // the next address may answer
            }
        }
    }

    /// <summary>
    /// Checks the addresses of a peer that is reached through the proxy. Only the proxy knows to which address it connects, and a name that cannot be
    /// resolved here may be one that it can.
    /// </summary>
    /// <exception cref="TargetRefusedException">One of the name's addresses is neither public nor in an allowed network.</exception>
    public async Task Check(string host, CancellationToken ct)
    {
        try
        {
            Require(host, await Find(host, ct));
        }
        catch (SocketException)
        {
            // the proxy may know the name
        }
    }

    private async Task<IPAddress[]> Find(string host, CancellationToken ct) => IPAddress.TryParse(host, out var literal) ? [literal] : await lookup(host, ct);

    private void Require(string host, IPAddress[] addresses)
    {
        if (!options.Peering.AllowPrivateAddresses && !Array.TrueForAll(addresses, address => TargetGuard.IsAllowed(address, allowed)))
            throw new TargetRefusedException(host);
    }

    private static async Task<Stream> Open(IPEndPoint endPoint, CancellationToken ct)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
