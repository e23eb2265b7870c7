using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>A Portal with an RSA identity, which it needs to talk to originals, among Portals of our own kind.</summary>
public sealed class RsaPortalTests(TestPostgres postgres)
{
    [Fact]
    public async Task It_peers_with_a_Portal_that_has_an_Ed25519_key()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var rsa = await zone.Move("Rita", keyType: "rsa-4096");
        await using var other = await zone.Move("Ed");
        await Task.WhenAll(rsa.Add(other, characters: 6), other.Add(rsa, characters: 6));

        await Eventually.Mutual(rsa, other);
        Assert.Equal((KeyKind.Rsa, KeyKind.Ed25519), (other.Sees(rsa)!.Key!.Kind, rsa.Sees(other)!.Key!.Kind));
        Assert.False(other.Sees(rsa)!.Original); // it signs its answers, so it is none
    }

    [Fact]
    public async Task Originals_read_its_name_in_Latin_1_and_all_others_in_full()
    {
        const string Name = "Rita Čapková";
        const string Asked = "/core/public/meta/whoareyou";
        await using var zone = await Neighbourhood.Start(postgres);
        await using var rsa = await zone.Move(Name, keyType: "rsa-4096");
        using var anybody = zone.Client();
        using var app = new HttpClient { BaseAddress = rsa.Internal };
        async Task<string?> Told(HttpClient client, string url) => (await client.Get(url)).Json.GetProperty("name").GetString();
        Assert.Equal("Rita Capková", await Told(anybody, $"https://{rsa.Domain}{Asked}"));
        Assert.Equal(Name, await Told(anybody, $"https://{rsa.Domain}{Asked}?challenge=AAAAAAAAAAAAAAAAAAAAAA"));
        Assert.Equal(Name, await Told(app, Asked));

        using var owner = await rsa.Owner();
        Assert.Contains("Rita Capkov", (await owner.Get("/profile", ("Accept", "text/html"))).Body, StringComparison.Ordinal);
    }
}
