using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>
/// Three Portals in one registry. Ada's 96 contacts accept connections and never answer, so each holds a slot until it times out.
/// </summary>
public sealed class SilentPeersTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Silence = "a silent peer has timed out";
    private readonly ConcurrentQueue<string> order = new();
    private readonly List<PortalId> silent = [.. Enumerable.Range(0, 96).Select(_ => Appear())];
    private readonly PortalId ofAda = Appear();
    private readonly PortalId ofBea = Appear();
    private readonly PortalId ofCleo = Appear();
    private bool isSilent;
    private int requests;
    private Neighbourhood zone = null!;
    private LivePortal registry = null!;
    private PortalId ada;
    private PortalId bea;
    private PortalId cleo;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        registry = await zone.Move("Ada");
        ada = registry.Id;
        bea = await registry.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Bea"));
        cleo = await registry.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Cleo"));
        foreach (var peer in silent)
            zone.Strangers[peer.Short.Value] = BeSilent;
        foreach (var (peer, name) in new[] { (ofAda, "Ada's"), (ofBea, "Bea's"), (ofCleo, "Cleo's") })
            zone.Strangers[peer.Short.Value] = context => Answer(context, name);

        // At first everybody answers 503, so that all are due again by themselves and not because an owner asked.
        foreach (var peer in silent.Append(ofAda))
            await Add(ada, peer);
        await Add(bea, ofBea);
        await Eventually.Holds(async () => (await Failed(ada)) == 97 && (await Failed(bea)) == 1, seconds: 60);
        order.Clear();
        isSilent = true;
    }

    public async ValueTask DisposeAsync()
    {
        await registry.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task Contacts_of_other_Portals_are_made_while_one_Portals_peers_are_silent()
    {
        await Hold();
        await Arrives("Bea's");
        Assert.DoesNotContain(Silence, order);
        Assert.InRange(requests, 1, new RegistryOptions.PeeringOptions().ContactsPerPortal);
    }

    [Fact]
    public async Task A_contact_that_another_owner_adds_is_made_at_once()
    {
        await Hold();
        await Add(cleo, ofCleo);
        await Arrives("Cleo's");
        Assert.DoesNotContain(Silence, order);
    }

    [Fact]
    public async Task What_the_owner_of_the_silent_peers_asks_for_uses_a_reserved_slot()
    {
        await Hold();
        order.Clear();
        await registry.Send(new TryPeerNow(ada, TypedPortalId.Of(ofAda)));
        await Arrives("Ada's");
        Assert.DoesNotContain(Silence, order);
    }

    /// <summary>Makes every contact due and waits until silent peers hold all slots of their Portal.</summary>
    private async Task Hold()
    {
        zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await registry.ContactDue();
        await Eventually.Holds(() => requests >= new RegistryOptions.PeeringOptions().ContactsPerPortal);
    }

    private Task Arrives(string name) => Eventually.Holds(() => order.Contains(name), () => Task.FromResult(string.Join(", ", order)));

    private async Task BeSilent(HttpContext context)
    {
        if (!isSilent)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        Interlocked.Increment(ref requests);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            order.Enqueue(Silence);
        }
    }

    private Task Answer(HttpContext context, string name)
    {
        order.Enqueue(name);
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }

    private Task<bool> Add(PortalId portal, PortalId peer) => registry.Send(new AddPeer(portal, TypedPortalId.Of(peer), default, default));

    private async Task<int> Failed(PortalId portal) =>
        (await registry.Services.GetRequiredService<IPeerContacts>().Find(portal, [.. silent.Append(ofAda).Append(ofBea).Select(id => id.Short)], default))
        .Values.Count(contact => contact.LastError is not null);

    private static PortalId Appear()
    {
        using var stranger = Stranger.Appear();
        return stranger.Key.Id;
    }
}
