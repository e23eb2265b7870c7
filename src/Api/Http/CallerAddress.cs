using System.Net;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// The origin of a request on the edge, for limits and logs only: the last element of <c>X-Forwarded-For</c> if a trusted proxy
/// wrote it, otherwise the remote end of the connection. An IPv6 address is reduced to its /64, which one household usually has.
/// </summary>
/// <remarks>
/// Any program at a trusted address, such as another process on this machine, can claim any address. A limit per address alone therefore protects
/// no secret: if something can be guessed, there is also a limit for the whole Portal.
/// </remarks>
internal sealed class CallerAddress(RegistryOptions options)
{
    private readonly IPNetwork[] trusted =
        options.Edge.TrustedProxies switch
        {
            [] => [Cidr.Parse("127.0.0.0/8"), Cidr.Parse("::1")],
            ["none"] => [],
            var named => [.. named.Select(Cidr.Parse)],
        };

    public IPAddress Of(HttpContext context) =>
        Exact(context) is var exact && exact.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Prefix(exact) : exact;

    /// <summary>Whether a proxy at the remote end of the connection is believed.</summary>
    public bool IsTrusted(HttpContext context) => IsTrusted(Plain(context.Connection.RemoteIpAddress ?? IPAddress.None));

    /// <summary>The whole address, for an app that is told who asks.</summary>
    public IPAddress Exact(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        var forwarded = context.Request.Headers["X-Forwarded-For"];
        return forwarded.Count > 0 && IPAddress.TryParse(forwarded[^1]?.Split(',')[^1].Trim(), out var caller)
            && IsTrusted(peer)
            ? Plain(caller)
            : peer;
    }

    private bool IsTrusted(IPAddress peer) => Array.Exists(trusted, network => network.Contains(peer));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress Prefix(IPAddress address) => new([.. address.GetAddressBytes()[..8], 0, 0, 0, 0, 0, 0, 0, 0]);
}
