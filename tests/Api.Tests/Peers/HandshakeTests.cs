using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>DESIGN section 7, between two whole registries over TLS.</summary>
public sealed class HandshakeTests(TestPostgres postgres) : IAsyncLifetime
{
    private Neighbourhood zone = null!;
    private LivePortal ada = null!;
    private LivePortal bob = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        ada = await zone.Move("Ada");
        bob = await zone.Move("Bob");
    }

    public async ValueTask DisposeAsync()
    {
        await ada.DisposeAsync();
        await bob.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task Two_Portals_that_add_each_other_are_mutual()
    {
        await ada.Add(bob);
        await Eventually.Holds(() => ada.Sees(bob)?.Key is not null, async () => $"{await ada.Shows(bob)}");
        Assert.Equal(PeerStatus.Pending, ada.Sees(bob)!.Status);

        await bob.Add(ada);
        await Eventually.Mutual(ada, bob);
        Assert.Equal("Bob", ada.Sees(bob)!.Name);
    }
}
