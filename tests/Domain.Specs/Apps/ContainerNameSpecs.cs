using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class ContainerNameSpecs
{
    [Theory]
    [InlineData("postcards")]
    [InlineData("web_notes")]
    [InlineData("Photo-Wall")]
    [InlineData("2fa")]
    [InlineData("0xcafe-server")]
    [InlineData("localhost-viewer")]
    public void A_containers_name_is_valid(string name) => Assert.Equal(name, Assert.Single(Register(name).Meta.Entrypoints).Container);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("017700000001")]
    [InlineData("0x7f000001")]
    [InlineData("0X7F.1")]
    [InlineData("0")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.7")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("[::1]")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("LocalHost")]
    [InlineData("localhost.")]
    [InlineData("notes.localhost")]
    [InlineData("localhost.localdomain")]
    [InlineData("ip6-localhost")]
    [InlineData("portal_core")]
    [InlineData("shard_core")]
    [InlineData("Portal_Core")]
    [InlineData("loopback.example.org")]
    [InlineData("host.docker.internal")]
    [InlineData("unix:/run/docker.sock")]
    [InlineData("$host")]
    [InlineData("a b")]
    [InlineData("a;b")]
    [InlineData("-a")]
    [InlineData("")]
    public void An_address_and_a_name_of_the_machine_are_refused(string name)
    {
        var refused = Assert.Throws<RefusedException>(() => Register(name));

        Assert.Equal("app_meta_invalid", refused.Code);
        Assert.Contains("$.entrypoints[0].container_name", refused.Message, StringComparison.Ordinal);
    }

    private static ReadAppMeta Register(string container) => Described.Parse(new
    {
        v = "1.0",
        name = "notes",
        entrypoints = new[] { new { container_name = container, container_port = 80, entrypoint_port = "http" } },
        paths = new Dictionary<string, object> { [""] = new { access = "public" } },
    });
}
