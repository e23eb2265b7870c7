using System.Net;
using System.Net.Sockets;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Decides which addresses a peer may have: those that the IANA special-purpose registries (RFC 6890, RFC 8190) call globally reachable. An IPv6 address
/// that embeds an IPv4 address is checked by the embedded one.
/// </summary>
internal static class TargetGuard
{
    private static readonly IPNetwork[] ClosedV4 =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network, unspecified
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("100.64.0.0/10"), // shared by carriers
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // link-local, and where clouds keep their metadata
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.0.0.0/24"),
        IPNetwork.Parse("192.0.2.0/24"), // documentation, as are 198.51.100 and 203.0.113
        IPNetwork.Parse("192.88.99.0/24"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"),
        IPNetwork.Parse("224.0.0.0/4"), // multicast
        IPNetwork.Parse("240.0.0.0/4"), // reserved, broadcast
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] ClosedV6 =
    [
        IPNetwork.Parse("2001::/23"), // protocol assignments, Teredo among them
        IPNetwork.Parse("2001:db8::/32"),
        IPNetwork.Parse("2002::/16"), // 6to4
        IPNetwork.Parse("3fff::/20"),
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <param name="allowed">Networks that the operator allows although they are not public.</param>
    public static bool IsAllowed(IPAddress address, IPNetwork[] allowed) => IsPublic(address) || Contains(allowed, address);

    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !Contains(ClosedV4, address);

        if (address.IsIPv4MappedToIPv6 || Nat64.Contains(Unscoped(address)))
            return IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));

        return address.ScopeId == 0 && GlobalUnicast.Contains(address) && !Contains(ClosedV6, address);
    }

    private static bool Contains(IPNetwork[] networks, IPAddress address) => Array.Exists(networks, network => network.Contains(address));

    private static IPAddress Unscoped(IPAddress address) => address.ScopeId == 0 ? address : new IPAddress(address.GetAddressBytes());
}

/// <summary>The name of a peer resolved to an address that no peer may have.</summary>
internal sealed class TargetRefusedException(string host)
    : IOException($"The address of {host} is neither public nor in an allowed network.");
