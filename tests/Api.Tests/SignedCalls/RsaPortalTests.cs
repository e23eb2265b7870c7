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
}
