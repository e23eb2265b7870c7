using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>Invites over HTTP: what the owner gets of them, and what somebody with a code that is no good does not.</summary>
public sealed class InviteApiTests(TestPostgres postgres)
{
    private const string Invites = "/core/protected/invites";

    [Fact]
    public async Task An_invite_is_made_listed_and_revoked_and_its_code_shown_once()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();

        var made = await owner.Post(Invites, """{"days":2}""");
        Assert.Equal((HttpStatusCode.Created, "no-store, no-transform"), (made.Status, made.Header("Cache-Control")));
        Assert.Equal(["id", "url", "expires_at"], made.Json.EnumerateObject().Select(m => m.Name));
        var (id, url) = (made.Json.GetProperty("id").GetString()!, made.Json.GetProperty("url").GetString()!);
        Assert.Matches($"^https://{Regex.Escape(ada.Domain)}/invite/{ada.Id}\\.[A-Za-z0-9_-]{{22}}$", url);
        Assert.InRange((made.Json.GetProperty("expires_at").GetDateTimeOffset() - zone.Clock.GetUtcNow()).TotalHours, 47.9, 48);

        var listed = Assert.Single((await owner.Get(Invites)).Json.EnumerateArray());
        Assert.Equal((id, false), (listed.GetProperty("id").GetString(), listed.GetProperty("revoked").GetBoolean()));
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete($"{Invites}/{id}")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete($"{Invites}/{id}")).Status);
        var list = await owner.Get(Invites);
        Assert.True(list.Json[0].GetProperty("revoked").GetBoolean());

        var code = url[^22..];
        var events = await owner.Get("/core/protected/events");
        Assert.Contains("invite_revoked", events.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(code, list.Body + events.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invite_is_good_for_one_to_ninety_days()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        foreach (var days in new[] { "0", "-1", "91", "1.5", "2147483647", "-2147483648" })
        {
            var refused = await owner.Post(Invites, $$"""{"days":{{days}}}""");
            Assert.Equal((HttpStatusCode.BadRequest, days == "1.5" ? "json_invalid" : "request_invalid"), (refused.Status, refused.Code));
        }

        Assert.Empty(ada.Snapshot.Portal.Invites);
    }

    [Fact]
    public async Task Only_the_owner_has_to_do_with_invites_and_only_with_those_there_are()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        using var anybody = zone.Client();
        anybody.BaseAddress = owner.BaseAddress;
        var open = await ada.Send(new CreateInvite(ada.Id));

        foreach (var said in new[] { await anybody.Get(Invites), await anybody.Post(Invites, "{}"), await anybody.Delete($"{Invites}/{open.Id}") })
            Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), (said.Status, said.Code));
        Assert.False(Assert.Single(ada.Snapshot.Portal.Invites).Revoked);

        var unknown = await owner.Delete($"{Invites}/nothing");
        Assert.Equal((HttpStatusCode.NotFound, "invite_unknown"), (unknown.Status, unknown.Code));
    }

    [Fact]
    public async Task An_invalid_code_gets_the_same_answer_as_none()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        var (used, revoked) = (await ada.Send(new CreateInvite(ada.Id)), await ada.Send(new CreateInvite(ada.Id)));
        var expired = await ada.Send(new CreateInvite(ada.Id, TimeSpan.FromSeconds(1)));
        await ada.Send(new RevokeInvite(ada.Id, revoked.Id));
        zone.Clock.Advance(TimeSpan.FromSeconds(1));
        using var guest = Stranger.Appear();
        Assert.Equal("""{"peering":"mutual","revision":77}""", Encoding.UTF8.GetString((await guest.Send(ada, 77, invite: used.Code)).Body));

        using var unknown = Stranger.Appear();
        var expected = await unknown.Send(ada, 77);
        Assert.Equal((HttpStatusCode.OK, """{"peering":"offered","revision":77}"""), (expected.Status, Encoding.UTF8.GetString(expected.Body)));
        foreach (var code in new[] { new string('A', 22), used.Code, revoked.Code, expired.Code, "", new string('A', 1000) })
        {
            using var stranger = Stranger.Appear();
            var answer = await stranger.Send(ada, 77, invite: code);
            Assert.Equal(expected.Status, answer.Status);
            Assert.Equal(expected.Body, answer.Body);
            Assert.Equal(expected.Headers, answer.Headers);
            Assert.Null(ada.Sees(stranger.Key.Id));
        }
    }
}
