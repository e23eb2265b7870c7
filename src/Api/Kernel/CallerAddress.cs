using System.Net;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Kernel;

/// <summary>
/// Where a request on the edge comes from, for limits and logs only: the last element of <c>X-Forwarded-For</c> where a trusted proxy
/// wrote it, else the connection's other end. An IPv6 caller is its /64, which is what one household has.
/// </summary>
internal sealed class CallerAddress(RegistryOptions options)
{
    private readonly IPNetwork[] trusted =
        options.Edge.TrustedProxies is { Count: > 0 } named ? [.. named.Select(Network)] : [Network("127.0.0.0/8"), Network("::1")];

    public IPAddress Of(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        var last = context.Request.Headers["X-Forwarded-For"].LastOrDefault()?.Split(',')[^1].Trim();
        var address = Array.Exists(trusted, network => network.Contains(peer)) && IPAddress.TryParse(last, out var caller) ? Plain(caller) : peer;
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Prefix(address) : address;
    }

    private static IPNetwork Network(string text) =>
        text.Contains('/', StringComparison.Ordinal) ? IPNetwork.Parse(text) : new IPNetwork(IPAddress.Parse(text), text.Contains(':', StringComparison.Ordinal) ? 128 : 32);

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress Prefix(IPAddress address) => new([.. address.GetAddressBytes()[..8], 0, 0, 0, 0, 0, 0, 0, 0]);
}
