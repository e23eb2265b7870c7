using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>A Portal that is started with another zone is the same Portal at another address, and its peers find it there.</summary>
public sealed class ZoneChangeTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly TwoPortals portals = new(postgres);

    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    public async ValueTask InitializeAsync()
    {
        await portals.InitializeAsync();
        await Ada.Add(Bob);
        await Bob.Add(Ada);
        await Eventually.Mutual(Ada, Bob);
    }

    public ValueTask DisposeAsync() => portals.DisposeAsync();

    [Fact]
    public async Task Peers_are_told_go_on_calling_and_stay_mutual()
    {
        foreach (var portal in new[] { Ada, Bob })
        {
            await portal.Send(new RegisterApp(portal.Id, "mail", """{"v":"1.0","name":"mail","paths":{"/peer":{"access":"peer"}}}"""u8.ToArray()));
            await portal.Send(new SetVisibility(portal.Id, "mail", VisibilityMode.All, []));
        }

        Ada.Apps["mail"] = context => context.Response.WriteAsync(context.Request.Host.Host);
        using var app = new HttpClient { BaseAddress = Bob.Internal };
        app.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Bob.Send(new IssueAppToken(Bob.Id, "mail")));
        Assert.Equal($"mail.{Ada.Id.Short}.{Neighbourhood.Zone}", (await app.Get($"/internal/call_peer/{Ada.Id}/peer")).Body);
        var id = Ada.Id;

        await Move();

        Assert.Equal(id, Ada.Id);
        Assert.Equal($"{id.Short}.{Neighbourhood.OtherZone}", Ada.Snapshot.Portal.Domain);
        await Followed();
        Assert.Equal($"mail.{Ada.Domain}", (await app.Get($"/internal/call_peer/{Ada.Id}/peer")).Body);
        Assert.True(Ada.IsMutualWith(Bob) && Bob.IsMutualWith(Ada));
        Assert.Single(await Bob.Past(Ada.Id), e => e is PeerMoved { Address: not null });
        Assert.Single(await Ada.Send(new ReadAudit(Ada.Id, null, "zone_changed", 0, 10)));

        using var owner = await Ada.Owner();
        Assert.Contains($"https://{Ada.Domain}/", (await owner.Get("/home")).Body, StringComparison.Ordinal);
        Assert.Equal($"{Bob.Id.Short}.{Neighbourhood.Zone}", Ada.Sees(Bob)!.Domain); // that Bob's name was in our zone moves nobody
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Of(Bob.Id), new("Bobby"), default));
        Assert.Equal($"{Bob.Id.Short}.{Neighbourhood.Zone}", Ada.Sees(Bob)!.Domain);
        Assert.Contains("to its new address", await History(), StringComparison.Ordinal);
    }

    /// <summary>As long as the old name leads to the Portal, too, a peer that was away learns it there.</summary>
    [Fact]
    public async Task A_peer_that_missed_the_notice_asks_at_the_old_name_and_follows()
    {
        Bob.Down = true;
        Ada.HasBothNames = true;
        await Move();
        await Bob.TryNow(Ada);
        await Followed();
    }

    [Fact]
    public async Task A_start_without_the_setting_moves_nobody()
    {
        Assert.Empty(await Ada.Send(new FollowZone(new RegistryOptions().Portal.Zone)));
        Assert.Equal($"{Ada.Id.Short}.{Neighbourhood.Zone}", Ada.Snapshot.Portal.Domain);
    }

    [Fact]
    public async Task Back_in_the_old_zone_it_is_found_there_again()
    {
        await Move();
        await Followed();
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await Move(Neighbourhood.Zone);
        await Followed();
        Assert.Null(Bob.Sees(Ada)!.Address);
    }

    [Fact]
    public async Task A_notice_moves_nobody_to_where_the_pinned_key_does_not_answer()
    {
        using var peer = Stranger.Appear();
        using var impostor = Stranger.Appear();
        await Ada.Add(peer.Key.Id);
        await Ada.Send(new PinPeerKey(Ada.Id, peer.Key.Id.Short, peer.Key, "Peer", true));
        var asked = 0;
        portals.Zone.Strangers[peer.Key.Id.Short.Value] = context =>
        {
            if (context.Request.Host.Host.EndsWith(Neighbourhood.OtherZone, StringComparison.Ordinal))
                Interlocked.Increment(ref asked);
            return context.Response.WriteAsJsonAsync(new
            {
                id = peer.Key.Id.Value, public_key_pem = peer.Key.Pem, name = "Peer", domain = context.Request.Host.Host, // by somebody without the key
            });
        };

        var (status, _, _) = await peer.Send(Ada, 5, domain: $"{peer.Key.Id.Short}.{Neighbourhood.OtherZone}");
        Assert.Equal(HttpStatusCode.OK, status);
        await Eventually.Holds(async () =>
        {
            portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
            await Ada.ContactDue();
            return asked > 0;
        });
        Assert.Equal($"{peer.Key.Id.Short}.{Neighbourhood.Zone}", Ada.Sees(peer.Key.Id)!.Domain);
        Assert.DoesNotContain(await Ada.Past(peer.Key.Id), e => e is PeerMoved or PeerAddressChanged);
    }

    /// <summary>Whose name begins otherwise is nobody's, and a stranger's notice about itself is kept for the inbox only.</summary>
    [Fact]
    public async Task A_notice_by_another_key_or_to_another_name_is_not_even_asked_about()
    {
        await Ada.Send(new AnswerPeering(Ada.Id, Bob.Snapshot.Portal.Key, "Bob", "abcdef.evil.test", WantedPeering.Offered, 1L << 50, "198.51.100.0/24"));
        using var stranger = Stranger.Appear();
        var (status, _, _) = await stranger.Send(Ada, 1, id: Bob.Id.Value, domain: $"{Bob.Id.Short}.{Neighbourhood.OtherZone}");
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal($"{Bob.Id.Short}.{Neighbourhood.Zone}", Ada.Sees(Bob)!.Domain);
        Assert.Null((await Ada.Stored(Bob)).Announced);
    }

    [Fact]
    public async Task All_Portals_of_the_zone_move_and_one_with_a_zone_of_its_own_stays()
    {
        var second = await Ada.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Second"));
        var own = await Ada.Send(new CreatePortal(KeyKind.Ed25519, "own.test", "Third"));
        await Move();
        var all = Ada.Services.GetRequiredService<IPortalSnapshots>().All.ToDictionary(each => each.Portal.Id, each => each.Portal.Domain);
        Assert.Equal($"{second.Short}.{Neighbourhood.OtherZone}", all[second]);
        Assert.Equal($"{own.Short}.own.test", all[own]);
        Assert.Null(Ada.Services.GetRequiredService<IPortalSnapshots>().FindByHost($"mail.{second.Short}.{Neighbourhood.Zone}"));
    }

    private async Task Move(string zone = Neighbourhood.OtherZone)
    {
        await Ada.Stop();
        Ada.DomainZone = zone;
        await Ada.Start();
    }

    private async Task Followed()
    {
        await Eventually.Holds(
            async () =>
            {
                Bob.Down = false;
                portals.Zone.Clock.Advance(TimeSpan.FromSeconds(31));
                await Ada.ContactDue();
                await Bob.ContactDue();
                return Bob.Sees(Ada)!.Domain == Ada.Domain;
            },
            () => Bob.Tells(Ada));
        await Eventually.Mutual(Ada, Bob);
    }

    private async Task<string> History()
    {
        using var owner = await Bob.Owner();
        return (await owner.Get($"/peers/{Ada.Id.Short}")).Body;
    }
}
