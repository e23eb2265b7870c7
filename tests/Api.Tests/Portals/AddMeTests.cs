using System.Net;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>Visitors are led to their own Portal, and nobody can lend this Portal's name to a redirect or make it send requests.</summary>
public sealed class AddMeTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{bob}")]
    [InlineData("https://{bob}/home")]
    [InlineData("{short}")]
    public async Task A_visitor_who_typed_an_address_here_is_led_there_with_the_whole_link(string typed)
    {
        using var answer = await Get($"/add-me?portal={Uri.EscapeDataString(Filled(typed))}", "same-origin");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal($"https://{Bob.Domain}/peers?add={Uri.EscapeDataString($"https://{Ada.Domain}/#{Ada.Id}")}", answer.Headers.Location!.OriginalString);
        Assert.Contains("form-action 'self' https:;", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(["no-referrer"], answer.Headers.GetValues("Referrer-Policy"));
    }

    [Theory]
    [InlineData("cross-site")]
    [InlineData("same-site")]
    [InlineData("none")]
    [InlineData(null)]
    public async Task A_link_on_another_site_leads_to_a_page_that_says_where_it_goes(string? site)
    {
        using var answer = await Get($"/add-me?portal={Bob.Domain}", site);
        var page = await answer.Content.ReadAsStringAsync(Stop);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains($"Continue to {Bob.Domain}", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://192.0.2.7/")]
    [InlineData("javascript:alert(1)//x.y")]
    [InlineData("https://user:password@evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example\\@x/")]
    [InlineData("evil.example\r\nLocation: x")]
    [InlineData("{self}")]
    public async Task What_is_no_other_Portal_leads_nowhere(string typed)
    {
        using var answer = await Get($"/add-me?portal={Uri.EscapeDataString(Filled(typed))}", "same-origin");
        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Conflict or HttpStatusCode.Redirect, $"{answer.StatusCode}");
        if (answer.Headers.Location is { } to)
            Assert.Equal(("https", "evil.example", "/peers"), (to.Scheme, to.Host, to.AbsolutePath)); // a host was typed, and only that is kept of it
    }

    [Fact]
    public async Task The_code_of_an_invite_is_handed_on_only_if_it_is_one_of_this_Portal()
    {
        var invite = (await Ada.Send(new CreateInvite(Ada.Id))).Path["/invite/".Length..];
        using var answer = await Get($"/add-me?portal={Bob.Domain}&invite={invite}", "same-origin");
        Assert.EndsWith(Uri.EscapeDataString($"https://{Ada.Domain}/invite/{invite}"), answer.Headers.Location!.OriginalString, StringComparison.Ordinal);

        using var other = await Get($"/add-me?portal={Bob.Domain}&invite={Bob.Id}.{new string('A', 22)}", "same-origin");
        Assert.DoesNotContain("invite", other.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_opens_the_owners_Portal_makes_it_ask_nobody_unless_the_owner_caused_it()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        using var stranger = Stranger.Appear();
        var asked = 0;
        portals.Zone.Strangers[stranger.Key.Id.Short.Value] = context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        };
        using var owner = await Ada.Owner();
        var link = Uri.EscapeDataString($"https://{stranger.Key.Id.Short}.{Neighbourhood.Zone}/#{stranger.Key.Id}");
        foreach (var (user, expected) in new[] { (null, 0), ("?0", 0), ("?1", 1) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/peers?add={link}");
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Dest", "document");
            if (user is not null)
                request.Headers.TryAddWithoutValidation("Sec-Fetch-User", user);
            using var answer = await owner.SendAsync(request, Stop);
            Assert.Equal((HttpStatusCode.OK, expected), (answer.StatusCode, asked));
        }

        Assert.Null(Ada.Sees(stranger.Key.Id));
    }

    [Theory]
    [InlineData("used", "This invite has been used")]
    [InlineData("expired", "This invite has expired")]
    [InlineData("revoked", "This invite has been withdrawn")]
    public async Task The_link_of_a_closed_invite_says_so_and_nothing_more(string how, string sentence)
    {
        var invite = await Ada.Send(new CreateInvite(Ada.Id, how == "expired" ? TimeSpan.FromMilliseconds(1) : null, "For a secret friend"));
        using var guest = Stranger.Appear();
        if (how == "used")
            await guest.Send(Ada, 77, invite: invite.Code);
        if (how == "revoked")
            await Ada.Send(new RevokeInvite(Ada.Id, invite.Id));

        using var answer = await Get(invite.Path, "none");
        var page = await answer.Content.ReadAsStringAsync(Stop);
        Assert.Contains(sentence, page, StringComparison.Ordinal);
        foreach (var secret in new[] { "secret friend", invite.Code, guest.Key.Id.Short.Value, "add-me-portal" })
            Assert.DoesNotContain(secret, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_ten_wrong_codes_no_code_from_that_network_is_looked_up()
    {
        portals.Zone.Clock.Advance(TimeSpan.FromMinutes(1));
        var invite = await Ada.Send(new CreateInvite(Ada.Id));
        for (var i = 0; i < 10; i++)
        {
            using var wrong = await Get($"/invite/{Ada.Id}.{i:D22}", "none", "203.0.113.5");
            Assert.Equal(HttpStatusCode.NotFound, wrong.StatusCode);
        }

        using var refused = await Get(invite.Path, "none", "203.0.113.9");
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        using var other = await Get(invite.Path, "none", "203.0.114.9");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    private string Filled(string text) => text.Replace("{bob}", Bob.Domain, StringComparison.Ordinal)
        .Replace("{short}", Bob.Id.Short.Value, StringComparison.Ordinal).Replace("{self}", Ada.Domain, StringComparison.Ordinal);

    private async Task<HttpResponseMessage> Get(string path, string? site, string? from = null)
    {
        using var client = portals.Zone.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{Ada.Domain}{path}");
        request.Headers.TryAddWithoutValidation("Accept", "text/html");
        if (site is not null)
        {
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", site);
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        }

        if (from is not null)
            request.Headers.TryAddWithoutValidation(Neighbourhood.Address, from);
        return await client.SendAsync(request, Stop);
    }
}
