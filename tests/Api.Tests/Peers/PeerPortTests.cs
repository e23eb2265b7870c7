using PeerRegistry.Api.Peers;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>Portals that are reached at another port than 443, as behind a home router.</summary>
public sealed class PeerPortTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_Portal_is_added_at_the_port_that_was_typed()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (ada, bob) = (await zone.Move("Ada"), await zone.Move("Bob"));
        await ada.Send(new AddPeer(ada.Id, TypedPortalId.Of(bob.Id), default, new Optional<string?>($"{bob.Domain}:8443")));
        await bob.Add(ada);
        await Eventually.Mutual(ada, bob);
        Assert.Equal($"{bob.Domain}:8443", ada.Sees(bob)!.Domain);
    }

    /// <summary>Every link to the peer is made from its address, so the port has to be in it.</summary>
    [Fact]
    public async Task The_port_that_a_Portal_gives_is_used_although_nobody_has_typed_it()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (ada, bob) = (await zone.Move("Ada"), await zone.Move("Bob", arguments: "--Portal:PublicPort=8443"));
        await ada.Add(bob);
        await bob.Add(ada);
        await Eventually.Mutual(ada, bob);
        await Eventually.Holds(() => ada.Sees(bob)!.Domain == $"{bob.Domain}:8443", () => ada.Tells(bob));
        using var owner = await ada.Owner();
        Assert.Contains($"href=\"https://{bob.Domain}:8443/\"", (await owner.Get($"/peers/{bob.Id.Short}")).Body, StringComparison.Ordinal);
    }

    /// <summary>The port is part of what a Portal says of itself, so that whoever accepts its offer reaches it.</summary>
    [Fact]
    public async Task The_offer_of_a_Portal_at_another_port_is_accepted()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var (ada, bob) = (await zone.Move("Ada"), await zone.Move("Bob", arguments: "--Portal:PublicPort=8443"));
        await bob.Add(ada);
        await Eventually.Holds(async () => (await ada.Inbox()).Count == 1, null);
        Assert.Equal($"{bob.Domain}:8443", (await ada.Inbox())[0].Domain);

        await ada.Send(new AcceptOffer(ada.Id, bob.Id, null));
        await Eventually.Mutual(ada, bob);
        using var anybody = zone.Client();
        var said = await anybody.Get($"https://{bob.Domain}/core/public/meta/whoareyou");
        Assert.Equal((bob.Domain, 8443), (said.Json.GetProperty("domain").GetString(), said.Json.GetProperty("port").GetInt32()));
    }
}
