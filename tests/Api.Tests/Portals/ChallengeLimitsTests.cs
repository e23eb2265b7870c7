using System.Net;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Portals;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>How much is signed for strangers, and who counts as one of them.</summary>
public class ChallengeLimitsTests
{
    private const int Asked = 60;
    private static readonly CallerAddress Addresses = new(new RegistryOptions());

    [Theory]
    [InlineData(KeyKind.Ed25519, Asked, Asked)]
    [InlineData(KeyKind.Rsa, 20, 40)] // twenty a second, and a second may end meanwhile
    public void Many_addresses_get_twenty_RSA_signatures_a_second_in_all(KeyKind kind, int least, int most)
    {
        using var limits = new ChallengeLimits(Addresses);
        Assert.InRange(Enumerable.Range(0, Asked).Count(i => IsTaken(limits, kind, $"203.0.113.{i}")), least, most);
    }

    [Fact]
    public void One_address_gets_five_a_second_and_uses_up_no_more_of_what_is_for_all()
    {
        using var limits = new ChallengeLimits(Addresses);
        Assert.InRange(Enumerable.Range(0, Asked).Count(_ => IsTaken(limits, KeyKind.Rsa, "203.0.113.7")), 5, 10);
        Assert.True(IsTaken(limits, KeyKind.Rsa, "203.0.113.8"));
    }

    [Theory]
    [InlineData("127.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1")] // what is left of the last was written by the caller
    [InlineData("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1")]
    [InlineData("::1", "198.51.100.1", "198.51.100.1")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    [InlineData("127.0.0.1", null, "127.0.0.1")]
    [InlineData("192.0.2.9", "198.51.100.1", "192.0.2.9")] // nobody that we trust
    [InlineData("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    public void Only_a_trusted_proxy_sets_the_callers_address(string connection, string? forwarded, string expected) =>
        Assert.Equal(IPAddress.Parse(expected), Addresses.Of(Context(connection, forwarded)));

    [Fact]
    public void Configured_proxies_replace_loopback()
    {
        var addresses = new CallerAddress(new RegistryOptions { Edge = new() { TrustedProxies = ["10.0.0.0/8", "192.0.2.9"] } });

        Assert.Equal(IPAddress.Parse("198.51.100.1"), addresses.Of(Context("10.1.2.3", "198.51.100.1")));
        Assert.Equal(IPAddress.Parse("198.51.100.1"), addresses.Of(Context("192.0.2.9", "198.51.100.1")));
        Assert.Equal(IPAddress.Loopback, addresses.Of(Context("127.0.0.1", "198.51.100.1")));
    }

    [Fact]
    public void With_none_configured_no_proxy_is_trusted()
    {
        var addresses = new CallerAddress(new RegistryOptions { Edge = new() { TrustedProxies = ["none"] } });
        Assert.Equal(IPAddress.Loopback, addresses.Of(Context("127.0.0.1", "198.51.100.1")));
    }

    private static bool IsTaken(ChallengeLimits limits, KeyKind kind, string address)
    {
        try
        {
            limits.Take(Context("127.0.0.1", address), kind);
            return true;
        }
        catch (RefusedException e) when (e.Code == "rate_limited" && e.RetryAfter > TimeSpan.Zero)
        {
            return false;
        }
    }

    private static DefaultHttpContext Context(string connection, string? forwarded)
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(connection) } };
        if (forwarded is not null)
            context.Request.Headers["X-Forwarded-For"] = forwarded;

        return context;
    }
}
