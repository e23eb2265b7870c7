using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>A host is asked who it is before the owner adds it.</summary>
public sealed class AskPortalTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_pasted_the_host_says_who_it_is_and_nothing_is_recorded()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1)); // ten questions a minute
        foreach (var text in new[]
        {
            Bob.Domain, $"https://{Bob.Domain}/", $"https://{Bob.Domain}/history?about=peers", $"https://{Bob.Domain}/#{Bob.Id}", Bob.Id.Value, Bob.Id.Short.Value,
            $"https://{Bob.Domain}/#/welcome",
        })
        {
            var asked = await Ask(text);
            Assert.Equal((TypedPortalId.Of(Bob.Id), "Bob", Bob.Domain, true), (asked.Id, asked.Name, asked.Address, asked.IsReached));
        }

        Assert.Null(Ada.Sees(Bob));
        Assert.Empty(await Ada.Past(Bob.Id));
    }

    [Fact]
    public async Task The_picture_is_served_by_the_owners_own_Portal()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await Bob.Send(new SetAvatar(Bob.Id, OwnerTests.Pixel));
        using var owner = await Ada.Owner();
        using var answer = await owner.PostAsJsonAsync("/core/protected/peers/ask", new { text = $"https://{Bob.Domain}/" }, Stop);
        var item = await answer.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal((Bob.Id.Value, "Bob", true), (item.GetProperty("id").GetString(), item.GetProperty("name").GetString(), item.GetProperty("has_picture").GetBoolean()));

        using var picture = await owner.GetAsync($"/core/protected/peers/asked/{Bob.Id}/avatar", Stop);
        using var anybody = portals.Zone.Client();
        Assert.Equal(await anybody.GetByteArrayAsync($"https://{Bob.Domain}/core/public/meta/avatar", Stop), await picture.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(["default-src 'none'; sandbox"], picture.Headers.GetValues("Content-Security-Policy"));
        using var elsewhere = await Bob.Owner();
        Assert.Equal(HttpStatusCode.NotFound, (await elsewhere.GetAsync($"/core/protected/peers/asked/{Bob.Id}/avatar", Stop)).StatusCode);
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal(HttpStatusCode.NotFound, (await owner.GetAsync($"/core/protected/peers/asked/{Bob.Id}/avatar", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_Portal_that_does_not_answer_can_be_added_anyway_if_its_ID_is_known()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        Bob.Down = true;
        try
        {
            var asked = await Ask($"https://{Bob.Domain}/");
            Assert.Equal((TypedPortalId.Of(Bob.Id.Short), Bob.Domain, "connection_broken"), (asked.Id, asked.Address, asked.Fault!.Code));
            Assert.Equal("name_", (await Assert.ThrowsAsync<RefusedException>(() => Ask("www.nobody.invalid"))).Code[..5]);
        }
        finally
        {
            Bob.Down = false;
        }
    }

    [Fact]
    public async Task A_host_where_another_Portal_answers_than_the_pasted_one_is_refused()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        using var other = Stranger.Appear();
        Assert.Equal("identity_refused", (await Assert.ThrowsAsync<RefusedException>(() => Ask($"https://{Bob.Domain}/#{other.Key.Id}"))).Code);
        Assert.Equal("peer_is_self", (await Assert.ThrowsAsync<RefusedException>(() => Ask($"https://{Ada.Domain}/"))).Code);
        Assert.Equal("peer_is_self", (await Assert.ThrowsAsync<RefusedException>(() => Ask(Ada.Id.Value))).Code);
    }

    [Theory]
    [InlineData("another's ID", "key_mismatch")]
    [InlineData("a signature of nobody", "answer_unsigned")]
    [InlineData("a page", "not_a_portal")]
    public async Task A_host_that_says_less_than_a_Portal_is_not_believed(string how, string code)
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        using var liar = Stranger.Appear();
        portals.Zone.Strangers[liar.Key.Id.Short.Value] = context => how == "a page"
            ? context.Response.WriteAsync("<html>", context.RequestAborted)
            : context.Response.WriteAsJsonAsync(
                new
                {
                    id = how == "another's ID" ? Bob.Id.Value : liar.Key.Id.Value,
                    name = "<script>",
                    public_key_pem = liar.Key.Pem,
                    domain = $"{liar.Key.Id.Short}.{Neighbourhood.Zone}",
                },
                context.RequestAborted);
        if (how == "a page")
        {
            portals.Zone.Strangers[liar.Key.Id.Short.Value] = context =>
            {
                context.Response.ContentType = "text/html";
                return context.Response.WriteAsync("<html>", context.RequestAborted);
            };
        }

        Assert.Equal(code, await Fault($"{liar.Key.Id.Short}.{Neighbourhood.Zone}"));
    }

    [Fact]
    public async Task An_owner_asks_at_most_ten_times_a_minute()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++)
            await Ask(Bob.Domain);
        Assert.Equal("rate_limited", (await Assert.ThrowsAsync<RefusedException>(() => Ask(Bob.Domain))).Code);
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        await Ask(Bob.Domain);
    }

    [Fact]
    public async Task A_removed_peer_is_asked_and_added_where_it_was_before()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        using var far = Stranger.WithRsa();
        var (id, domain) = (far.Key.Id, $"{far.Key.Id.Short}.far.{Neighbourhood.Zone}");
        portals.Zone.Strangers["far"] = context => context.Request.Path == "/core/public/meta/whoareyou"
            ? context.Response.WriteAsJsonAsync(new { id = id.Value, name = "Far", public_key_pem = far.Key.Pem, domain }, context.RequestAborted)
            : NotFound(context);
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Of(id), default, new(domain)));
        await Eventually.Holds(() => Ada.Sees(id)?.Key is not null);
        await Ada.Send(new RemovePeer(Ada.Id, TypedPortalId.Of(id), Forget: false));

        Assert.Equal(domain, (await Ask(id.Short.Value)).Address);
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Of(id.Short), default, default));
        Assert.Equal(domain, Ada.Sees(id)!.Domain);
    }

    [Fact]
    public async Task A_Portal_that_only_named_itself_is_trusted_on_first_use_and_no_other_answers_for_it()
    {
        using var stranger = Stranger.Appear();
        await Ada.Send(new AddPeer(Ada.Id, TypedPortalId.Of(stranger.Key.Id), default, default, IsShown: true));
        var peer = Ada.Sees(stranger.Key.Id)!;
        Assert.Equal((PeerVerification.FirstUse, stranger.Key.Id), (peer.Verification, peer.Id));
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private Task<AskedPortal> Ask(string text) => Ada.Send(new AskPortal(Ada.Id, PastedPeer.Parse(text)));

    private async Task<string> Fault(string text)
    {
        try
        {
            return (await Ask(text)).Fault?.Code ?? "none";
        }
        catch (RefusedException refused)
        {
            return refused.Code;
        }
    }
}
