using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary><c>Portal:LocalPort</c>.</summary>
public sealed class LocalLinksTests(TestPostgres postgres)
{
    [Theory]
    [InlineData("ada.localhost", "http://", ":8080")]
    [InlineData("zone.test", "https://", ":8443")]
    [InlineData("notlocalhost", "https://", ":8443")]
    public async Task Links_are_plain_HTTP_only_below_localhost(string zone, string scheme, string port)
    {
        await using var neighbourhood = await Neighbourhood.Start(postgres);
        var portal = await neighbourhood.Move(
            "Ada", arguments: [$"--Portal:Zone={zone}", "--Portal:LocalPort=8080", "--Portal:PublicPort=8443"]);
        var urls = (PublicUrl)portal.Services.GetService(typeof(PublicUrl))!;
        Assert.Equal($"{scheme}{portal.Id.Short}.{zone}{port}", urls.Portal(portal.Snapshot));
        Assert.Equal($"{scheme}postcards.{portal.Id.Short}.{zone}{port}", urls.App(portal.Snapshot, "postcards"));
    }
}
