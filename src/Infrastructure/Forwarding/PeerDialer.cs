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

    /// <exception cref="TargetRefusedException">One of the name's addresses is neither public nor in an allowed network.</exception>
    public async Task<Stream> Connect(string host, int port, CancellationToken ct)
    {
        if (fixedAddresses.Find(host) is { } endPoint)
            return await Open(endPoint, ct);

        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await lookup(host, ct);
        if (addresses.Length == 0)
            throw new SocketException((int)SocketError.HostNotFound);
        if (!options.Peering.AllowPrivateAddresses && !Array.TrueForAll(addresses, address => TargetGuard.IsAllowed(address, allowed)))
            throw new TargetRefusedException(host);

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
