using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>A peer that answers 503 with a <c>Retry-After</c> of its choice.</summary>
public sealed class RetryAfterTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    private LivePortal Ada => portals.Ada;

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("Thu, 01 Jan 1970 00:00:00 GMT")]
    [InlineData("soon")]
    [InlineData("99999999999999999999")]
    public async Task A_peer_cannot_make_us_contact_it_sooner_than_after_the_first_pause(string retryAfter)
    {
        var (contact, requests) = await ContactBusyPeer(retryAfter, looks: 5);
        Assert.InRange(contact.NextAttemptAt!.Value - portals.Zone.Clock.GetUtcNow(), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(12.5));
        Assert.Equal(1, requests);
    }

    [Theory]
    [InlineData("600", 600)]
    [InlineData("2147483647", 6 * 60 * 60)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 6 * 60 * 60)]
    public async Task A_peer_can_ask_for_a_longer_pause_of_at_most_six_hours(string retryAfter, int seconds)
    {
        var (contact, _) = await ContactBusyPeer(retryAfter, looks: 0);
        Assert.InRange((contact.NextAttemptAt!.Value - portals.Zone.Clock.GetUtcNow()).TotalSeconds, seconds - 30, seconds);
    }

    [Fact]
    public async Task A_peer_can_ask_for_a_longer_pause_by_a_date()
    {
        var at = portals.Zone.Clock.GetUtcNow().AddMinutes(10);
        var (contact, _) = await ContactBusyPeer(at.ToString("r", CultureInfo.InvariantCulture), looks: 0);
        Assert.InRange((contact.NextAttemptAt!.Value - at).TotalSeconds, -2, 2);
    }

    /// <param name="looks">How many times contacts that are due are looked for after the first failure.</param>
    private async Task<(PeerContact Contact, int Requests)> ContactBusyPeer(string retryAfter, int looks)
    {
        using var busy = Stranger.Appear();
        var id = busy.Key.Id;
        var requests = 0;
        portals.Zone.Strangers[id.Short.Value] = context =>
        {
            Interlocked.Increment(ref requests);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = retryAfter;
            return Task.CompletedTask;
        };
        await Ada.Add(id);
        await Eventually.Holds(async () => (await View(id)).Contact.LastError?.Code == "peer_busy", async () => (await View(id)).ToString());
        for (var i = 0; i < looks; i++)
        {
            await Ada.ContactDue();
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        var contact = (await View(id)).Contact;
        await Ada.Send(new RemovePeer(Ada.Id, TypedPortalId.Of(id), Forget: false));
        return (contact, requests);
    }

    private Task<PeerView> View(PortalId id) => Ada.Send(new ShowPeer(Ada.Id, TypedPortalId.Of(id)));
}
