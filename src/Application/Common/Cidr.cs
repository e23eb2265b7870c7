using System.Net;

namespace PeerRegistry.Application.Common;

/// <summary>A network in CIDR notation (RFC 4632, section 3.1), such as <c>192.168.1.0/24</c>, or one address without a prefix length.</summary>
public static class Cidr
{
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (!IPAddress.TryParse(text, out var address))
            return IPNetwork.TryParse(text, out network);

        network = new IPNetwork(address, 8 * address.GetAddressBytes().Length);
        return true;
    }

    /// <exception cref="FormatException">It is neither.</exception>
    public static IPNetwork Parse(string text) => TryParse(text, out var network) ? network : throw new FormatException($"'{text}' is no network.");
}
