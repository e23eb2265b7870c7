using System.Net;
using System.Net.Sockets;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

public sealed class TargetGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void No_peer_lives_at(string address) => Assert.False(TargetGuard.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::101:101")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00::1")]
    public void A_peer_may_live_at(string address) => Assert.True(TargetGuard.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("192.168.1.0/24", "192.168.1.7", true)]
    [InlineData("192.168.1.0/24", "192.168.2.7", false)]
    [InlineData("192.168.1.0/24", "::ffff:192.168.1.7", true)]
    [InlineData("192.168.1.0/24", "64:ff9b::c0a8:107", false)]
    [InlineData("192.168.1.0/24", "127.0.0.1", false)]
    [InlineData("192.168.1.0/24", "1.1.1.1", true)]
    [InlineData("192.168.1.7", "192.168.1.7", true)]
    [InlineData("192.168.1.7", "192.168.1.8", false)]
    [InlineData("100.64.0.0/10", "100.100.1.1", true)]
    [InlineData("fd7a:115c:a1e0::/48", "fd7a:115c:a1e0::1", true)]
    [InlineData("fd7a:115c:a1e0::/48", "fd7a:115c:a1e1::1", false)]
    [InlineData("fe80::/10", "fe80::1%3", true)]
    [InlineData("fd00::1", "fd00::1", true)]
    public void A_peer_may_also_be_in_a_network_that_the_operator_allows(string network, string address, bool allowed) =>
        Assert.Equal(allowed, TargetGuard.IsAllowed(IPAddress.Parse(address), [Cidr.Parse(network)]));

    [Fact]
    public async Task A_name_with_one_inner_address_among_public_ones_is_not_connected_to()
    {
        var dialer = Dialer([], "1.1.1.1", "::ffff:127.0.0.1");

        await Assert.ThrowsAsync<TargetRefusedException>(() => dialer.Connect("peer.example", 443, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_peer_in_an_allowed_network_is_connected_to()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await using var connection = await Allowing("127.0.0.0/8", "127.0.0.1")
            .Connect("peer.example", ((IPEndPoint)listener.LocalEndpoint).Port, TestContext.Current.CancellationToken);

        Assert.True(connection.CanWrite);
    }

    [Fact]
    public async Task A_name_with_one_address_outside_of_the_allowed_networks_is_not_connected_to()
    {
        var dialer = Allowing("127.0.0.0/8", "127.0.0.1", "10.0.0.1");

        await Assert.ThrowsAsync<TargetRefusedException>(() => dialer.Connect("peer.example", 443, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_address_instead_of_a_name_is_checked_too()
    {
        var dialer = Dialer([]);

        await Assert.ThrowsAsync<TargetRefusedException>(() => dialer.Connect("127.0.0.1", 443, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<TargetRefusedException>(() => dialer.Connect("::1", 443, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("a.example", 1)]
    [InlineData("A.Example", 1)]
    [InlineData("b.a.example", 3)]
    [InlineData("c.b.a.example", 3)]
    [InlineData("other.example", 2)]
    [InlineData("example", null)]
    [InlineData("notexample", null)]
    public void Configured_names_are_found_by_the_longest_match(string host, int? port)
    {
        var addresses = new FixedAddresses(["*.example=127.0.0.1:2", "a.example=127.0.0.1:1", "*.a.example=[::1]:3"]);

        Assert.Equal(port, addresses.Find(host)?.Port);
    }

    [Theory]
    [InlineData("a.example")]
    [InlineData("a.example=")]
    [InlineData("a.example=127.0.0.1")]
    [InlineData("a.example=other.example:1")]
    [InlineData("=127.0.0.1:1")]
    public void An_invalid_configured_name_stops_the_start(string entry) => Assert.Throws<FormatException>(() => new FixedAddresses([entry]));

    internal static PeerDialer Dialer(string[] resolve, params string[] answers) =>
        Of(new RegistryOptions.PeeringOptions { Resolve = resolve }, answers);

    private static PeerDialer Allowing(string network, params string[] answers) =>
        Of(new RegistryOptions.PeeringOptions { AllowedNetworks = [network] }, answers);

    private static PeerDialer Of(RegistryOptions.PeeringOptions peering, string[] answers) => new(
        new RegistryOptions { Peering = peering },
        (_, _) => Task.FromResult(Array.ConvertAll(answers, IPAddress.Parse)),
        TimeProvider.System);
}
