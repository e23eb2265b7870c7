using System.Net;

namespace PeerRegistry.Api.Http;

internal static class Networks
{
    /// <summary>The network that one customer of a provider may have: the /24 of an IPv4 address, the /48 of an IPv6 address.</summary>
    /// <returns>The network, such as <c>192.0.2.0/24</c>.</returns>
    public static string Of(IPAddress address)
    {
        var (bytes, kept) = address.GetAddressBytes() is { Length: 4 } v4 ? (v4, 3) : (address.GetAddressBytes(), 6);
        return $"{new IPAddress([.. bytes.Take(kept), .. new byte[bytes.Length - kept]])}/{kept * 8}";
    }
}
