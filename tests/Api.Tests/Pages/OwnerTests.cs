using Microsoft.Playwright;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>What owners do with a browser, on live Portals over TLS.</summary>
[Collection(nameof(Browsing))]
public sealed class OwnerTests(Browsing browsing) : BrowserTests(browsing)
{
    private const string Postcards =
        """
        {
          "v": "1.2", "app_version": "1.0", "name": "postcards", "pretty_name": "Postcards", "icon": "icon.svg",
          "entrypoints": [{ "container_name": "postcards", "container_port": 80, "entrypoint_port": "http" }],
          "paths": {
            "": { "access": "private", "headers": {} },
            "/postcards": { "access": "peer", "headers": { "X-Ptl-Client-Id": "{{ auth.client_id }}" } },
            "/public": { "access": "public", "headers": {} }
          },
          "lifecycle": { "always_on": true }
        }
        """;

    [Theory, InlineData(true), InlineData(false)]
    public async Task Two_Portals_are_made_mutual_through_the_pages_of_both(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var b = await Browsing.Move("Bo");
        var (ada, bo) = (await Browsing.Owner(a, scripts), await Browsing.Owner(b, scripts));

        await ada.Follow("Peers");
        await ada.AddPeer($"https://{b.Domain}/#{b.Id}");
        await ada.Sees("waiting for them");

        await bo.Locator("nav a[href='/inbox']").ClickAsync();
        await bo.Sees("Ada");
        await bo.Fill("Your name for them", "Ada from the allotment");
        await bo.Press("Accept");
        await bo.Sees("mutual");
        await bo.Sees("trusted on first use");
        await ada.Sees("mutual");
        await ada.Sees("verified by full ID");
        Assert.Equal("Ada from the allotment", await bo.Locator("h1").InnerTextAsync());
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task One_invites_the_other_and_they_are_mutual(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var b = await Browsing.Move("Bo");
        var (ada, bo) = (await Browsing.Owner(a, scripts), await Browsing.Owner(b, scripts));
        await ada.Press("Make an invite");
        var link = await ada.Locator("#invite ~ * .secret").InnerTextAsync();

        var seen = (await bo.GotoAsync(link))!;
        Assert.Equal(("no-referrer", "no-store"), (seen.Headers["referrer-policy"], seen.Headers["cache-control"]));
        Assert.Equal("Ada invites you", await bo.Locator("h1").InnerTextAsync());

        await bo.Open(b, "/peers");
        await bo.AddPeer(link);
        await bo.Sees("mutual");
        await bo.Sees("verified by invite");
        await ada.Open(a, $"/peers/{b.Id.Short}");
        await ada.Sees("mutual");
        await ada.Open(a, "/history");
        await ada.Sees("let Bo in by an invite");

        await ada.Open(a, "/home");
        await ada.Press("Make an invite");
        await ada.GetByRole(AriaRole.Link, new() { Name = "Revoke the invite" }).ClickAsync();
        await ada.Press("Revoke");
        await ada.Sees("The link no longer works");
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Requests_are_new_until_they_are_marked_as_seen(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        using var stranger = Stranger.Appear();
        await a.Send(stranger.Notice(a, 1));
        var ada = await Browsing.Owner(a, scripts);
        await ada.Follow("1 new request");
        await ada.Open(a, "/home");
        await ada.Follow("1 new request");
        await ada.Press("Mark all as seen");
        Assert.Equal(0, await ada.GetByText("Mark all as seen").CountAsync());
        await ada.Sees("Stranger");
        await ada.Open(a, "/home");
        Assert.DoesNotContain("new request", await ada.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        await ada.Sees("1 waiting for your answer");
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_peer_is_renamed_blocked_unblocked_and_removed(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var b = await Browsing.Move("Bo");
        var ada = await Browsing.Owner(a, scripts);
        await ada.Open(a, "/peers");
        await ada.AddPeer(b.Id.Value);
        await ada.Sees("waiting for them");

        await ada.Fill("Your name for them", "The best <b>Bo</b>");
        await ada.Press("Save");
        await ada.Sees("calls itself “Bo”");
        Assert.Equal("The best <b>Bo</b>", await ada.Locator("h1").InnerTextAsync());

        await ada.Follow("Block");
        await ada.GetByRole(AriaRole.Heading, new() { Name = "Block The best" }).WaitForAsync();
        Assert.Equal(scripts, await ada.Locator("dialog[open]").IsVisibleAsync());
        await ada.Press("Block");
        await ada.Sees("blocked");
        await ada.Press("Unblock");
        await ada.Sees("waiting for them");

        await ada.Follow("Remove");
        await ada.Press("Remove");
        await ada.Sees("No peers yet");
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task An_error_is_shown_at_its_field_and_the_input_is_kept()
    {
        var a = await Browsing.Move("Ada");
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/peers");
        await ada.Fill("Their link, address or ID", "q69d!");
        await ada.Ask();
        var field = ada.GetByLabel("Their link, address or ID");
        Assert.Equal("q69d!", await field.InputValueAsync());
        Assert.Equal("true", await field.GetAttributeAsync("aria-invalid"));
        Assert.Contains("No Portal can be found in this text", await ada.Locator("#add-peer-text-error").InnerTextAsync(), StringComparison.Ordinal);

        await ada.Fill("Their link, address or ID", a.Id.Value);
        await ada.Ask();
        Assert.Contains("this Portal itself", await ada.Locator("#add-peer-text-error").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_sees_the_peers_that_its_owner_lets_it_see()
    {
        var a = await Browsing.Move("Ada");
        var b = await Browsing.Move("Bo");
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/peers");
        await ada.AddPeer(b.Id.Value);
        await ada.Sees("waiting for them");

        await ada.Open(a, "/apps");
        await ada.Fill("or its text", Postcards);
        await ada.Press("Register");
        await ada.Press("Make its token");
        var token = await ada.Locator(".secret").InnerTextAsync();
        Assert.Equal("[]", await PeersOf(a, token));

        await ada.Open(a, "/apps/postcards");
        await ada.GetByLabel("Only those chosen below").CheckAsync();
        await ada.GetByLabel("Bo").CheckAsync();
        await ada.Press("Save");
        Assert.Contains(b.Id.Value, await PeersOf(a, token), StringComparison.Ordinal);

        await ada.GetByLabel("No peers").CheckAsync();
        await ada.Press("Save");
        Assert.Equal("[]", await PeersOf(a, token));

        await ada.Press("Make a new token");
        Assert.Null(await PeersOf(a, token));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_password_for_a_program_is_made_shown_once_and_revoked()
    {
        var a = await Browsing.Move("Ada");
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/apps");
        await ada.Fill("or its text", Postcards);
        await ada.Press("Register");
        await ada.Fill("What it is for", "Calendar on my telephone");
        await ada.Press("Make a password");
        Assert.Matches("^[A-Za-z0-9_-]{43}$", await ada.Locator(".secret").InnerTextAsync());

        await ada.Open(a, "/apps/postcards");
        await ada.Sees("Calendar on my telephone");
        Assert.Equal(0, await ada.Locator(".secret").CountAsync());
        await ada.Press("Revoke Calendar on my telephone");
        await ada.Sees("Revoked. The program that uses it is refused from its next request on.");
        Assert.DoesNotContain("Calendar on my telephone", await ada.Locator("main").InnerTextAsync(), StringComparison.Ordinal);

        await ada.Open(a, "/history");
        await ada.Sees("created a password for");
        await ada.Sees("revoked a password for");
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_revoked_device_is_refused_from_its_next_request_on()
    {
        var a = await Browsing.Move("Ada");
        var (ada, other) = (await Browsing.Owner(a), await Browsing.Anybody());
        await ada.Open(a, "/devices");
        await ada.Press("Pair another device");
        var code = await ada.Locator(".code").InnerTextAsync();

        await other.Open(a, "/");
        await other.Follow("Pair this device");
        await other.Fill("Pairing code", "wrong");
        await other.Press("Pair this browser");
        Assert.Contains("wrong, used up or expired", await other.Locator("#pair-code-error").InnerTextAsync(), StringComparison.Ordinal);
        await other.Fill("Pairing code", code.ToUpperInvariant());
        await other.Fill("Name of this device", "Telephone");
        await other.Press("Pair this browser");
        await other.Sees("Your Portal's ID");

        await ada.Open(a, "/devices");
        await ada.GetByRole(AriaRole.Link, new() { Name = "Rename Telephone" }).ClickAsync();
        await ada.Fill("Name", "Old telephone");
        await ada.Press("Rename");
        await ada.GetByRole(AriaRole.Link, new() { Name = "Revoke Old telephone" }).ClickAsync();
        await ada.Press("Revoke");
        await ada.Sees("Revoked.");

        Assert.Equal(401, (await other.ReloadAsync())!.Status);
        await other.Sees("Only a paired browser can open this");
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task The_profile_that_is_saved_is_the_one_that_everybody_sees()
    {
        var a = await Browsing.Move("Ada");
        var (ada, anybody) = (await Browsing.Owner(a), await Browsing.Anybody());
        await ada.Open(a, "/profile");
        await ada.Fill("Name", "Ada Lindqvist");
        await ada.Fill("E-mail", "ada@zone.test");
        await ada.Fill("Description", "I keep **bees**.");
        await ada.Press("Preview the description");
        Assert.Equal("bees", await ada.Locator(".prose strong").InnerTextAsync());
        await anybody.Open(a, "/");
        Assert.DoesNotContain("bees", await anybody.ContentAsync(), StringComparison.Ordinal);

        await ada.Press("Save");
        await ada.GetByLabel("New picture").SetInputFilesAsync(new FilePayload { Name = "me.png", MimeType = "image/png", Buffer = Pixel });
        await ada.Press("Upload");
        await ada.GetByText("Your picture is changed.").WaitForAsync();
        await anybody.ReloadAsync();
        Assert.Equal("Ada Lindqvist", await anybody.Locator("h1").InnerTextAsync());
        Assert.Equal("bees", await anybody.Locator(".prose strong").InnerTextAsync());
        Assert.Equal("I keep bees.", await anybody.Locator("meta[property='og:description']").GetAttributeAsync("content"));
        Assert.Equal(1, await anybody.Locator("img.avatar").EvaluateAsync<int>("image => image.naturalWidth"));
        Assert.DoesNotContain("ada@zone.test", await anybody.ContentAsync(), StringComparison.Ordinal);

        await ada.GetByLabel("New picture")
            .SetInputFilesAsync(new FilePayload { Name = "me.png", MimeType = "image/png", Buffer = "<svg onload='alert(1)'/>"u8.ToArray() });
        await ada.Press("Upload");
        Assert.Contains("not a picture", await ada.Locator("#avatar-picture-error").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task The_history_updates_itself()
    {
        var a = await Browsing.Move("Ada");
        var (history, elsewhere) = (await Browsing.Owner(a), await Browsing.Owner(a));
        await history.Open(a, "/history");
        await elsewhere.Open(a, "/profile");
        await elsewhere.Fill("Name", "Ada the Second");
        await elsewhere.Press("Save");
        await history.GetByText("changed the profile of").WaitForAsync();
        Assert.Contains("changed the profile of", await history.Locator(".timeline li").First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(4, await history.Locator(".timeline li").CountAsync());
        Assert.Empty(Browsing.Complaints());
    }

    /// <summary>One grey pixel.</summary>
    internal static byte[] Pixel => Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==");

    private static async Task<string?> PeersOf(LivePortal portal, string token)
    {
        using var app = new HttpClient { BaseAddress = portal.Internal };
        app.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var answer = await app.GetAsync("/protected/peers");
        return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync() : null;
    }
}
