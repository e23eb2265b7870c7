using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>A peer that runs the original core: RSA, unsigned answers, no path for notices.</summary>
public sealed class OriginalTests(TwoPortals portals) : IClassFixture<TwoPortals>
{
    private readonly ConcurrentQueue<string> asked = new();

    private LivePortal Ada => portals.Ada;

    [Theory]
    [InlineData(StatusCodes.Status404NotFound)]
    [InlineData(StatusCodes.Status405MethodNotAllowed)]
    public async Task An_original_is_pending_until_its_first_signed_call(int answerToNotice)
    {
        using var original = Appear(Stranger.WithRsa(), answerToNotice);
        await Ada.Add(original.Key.Id, characters: 6);
        await Eventually.Holds(() => Ada.Sees(original.Key.Id) is { Original: true }, () => Tells(original));
        var row = Ada.Sees(original.Key.Id)!;
        Assert.Equal((PeerStatus.Pending, true, PeerVerification.FirstUse), (row.Status, row.MayBeCalled, row.Verified));

        Assert.True(await Ada.Send(new ConfirmByCall(Ada.Id, original.Key, Tagged: false)));
        Assert.True(Ada.Sees(original.Key.Id)!.IsMutual);
        Assert.True(await Ada.Send(new ConfirmByCall(Ada.Id, original.Key, Tagged: false)));
        Assert.Single(await Ada.Past(original.Key.Id), e => e is PeeringConfirmed);
    }

    [Fact]
    public async Task Owner_and_apps_are_told_what_can_be_known_of_an_original()
    {
        using var original = Appear(Stranger.WithRsa(), StatusCodes.Status404NotFound);
        await Ada.Add(original.Key.Id);
        await Eventually.Holds(() => Ada.Sees(original.Key.Id) is { Original: true }, () => Tells(original));
        await Ada.Send(new RegisterApp(Ada.Id, "wall", """{"v":"1.0","name":"wall","paths":{"":{"access":"private"}}}"""u8.ToArray()));
        await Ada.Send(new SetVisibility(Ada.Id, "wall", VisibilityMode.All, []));
        Assert.Null(CallPolicy.Authorize(Ada.Snapshot, "wall", original.Key.Id.Value, out var refusal));
        Assert.Equal("original_needs_rsa", refusal!.Code);

        using var owner = await Ada.Owner();
        async Task<Said> Page() => await owner.Get($"/peers/{original.Key.Id.Short}", ("Accept", "text/html"));
        Assert.Contains("Your apps cannot call this peer", (await Page()).Body, StringComparison.Ordinal);
        await Ada.Send(new ConfirmByCall(Ada.Id, original.Key, Tagged: false));
        Assert.Contains("has called you", (await Page()).Body, StringComparison.Ordinal);

        var answers = Ada.Services.GetRequiredService<IPeerAnswers>();
        answers.Record(Ada.Id, original.Key.Id.Short, AnswerProofState.Refused);
        var since = answers.Last(Ada.Id, original.Key.Id.Short);
        answers.Record(Ada.Id, original.Key.Id.Short, AnswerProofState.Refused);
        Assert.Equal(since, answers.Last(Ada.Id, original.Key.Id.Short));
        Assert.Contains("refuses your calls since", (await Page()).Body, StringComparison.Ordinal);
        answers.Record(Ada.Id, original.Key.Id.Short, AnswerProofState.Unsigned);
        Assert.Contains("has called you", (await Page()).Body, StringComparison.Ordinal);
        await Ada.Send(new RemoveApp(Ada.Id, "wall"));
    }

    [Fact]
    public async Task A_tagged_signature_ends_it_for_good()
    {
        using var original = Appear(Stranger.WithRsa(), StatusCodes.Status404NotFound);
        await Ada.Add(original.Key.Id);
        await Eventually.Holds(() => Ada.Sees(original.Key.Id) is { Original: true }, () => Tells(original));

        Assert.False(await Ada.Send(new ConfirmByCall(Ada.Id, original.Key, Tagged: true)));
        Assert.Equal((false, PeerStatus.Pending), (Ada.Sees(original.Key.Id)!.Original, Ada.Sees(original.Key.Id)!.Status));
        Assert.IsType<PeerProtocolSeen>((await Ada.Past(original.Key.Id))[^1]);

        // From now on its unsigned answer is one that somebody else made.
        await Ada.Send(new TryPeerNow(Ada.Id, TypedPortalId.Of(original.Key.Id)));
        await Eventually.Holds(async () => (await View(original)).Contact.LastError?.Code == "answer_unsigned", () => Tells(original));
        Assert.False(Ada.Sees(original.Key.Id)!.Original);
    }

    [Fact]
    public async Task An_Ed25519_peer_that_does_not_sign_its_answer_is_not_pinned()
    {
        using var silent = Appear(Stranger.Appear(), StatusCodes.Status404NotFound);
        await Ada.Add(silent.Key.Id);
        await Eventually.Holds(async () => (await View(silent)).Contact.LastError?.Code == "answer_unsigned", () => Tells(silent));
        Assert.Null(Ada.Sees(silent.Key.Id)!.Key);
    }

    [Fact]
    public async Task Another_key_at_a_known_domain_is_refused_and_recorded_once()
    {
        using var known = Appear(Stranger.WithRsa(), StatusCodes.Status404NotFound);
        await Ada.Add(known.Key.Id, characters: 6);
        await Eventually.Holds(() => Ada.Sees(known.Key.Id) is { Original: true }, () => Tells(known));

        using var other = Stranger.WithRsa();
        var (shown, at) = (other.Key, known.Key.Id.Short);
        portals.Zone.Strangers[at.Value] = context => Answer(context, shown, at, StatusCodes.Status404NotFound);
        for (var i = 0; i < 3; i++)
        {
            await Ada.Send(new TryPeerNow(Ada.Id, TypedPortalId.Of(known.Key.Id)));
            await Eventually.Holds(async () => (await View(known)).Contact.LastError?.Code == "identity_refused", () => Tells(known));
        }

        Assert.Equal(known.Key, Ada.Sees(known.Key.Id)!.Key);
        Assert.Single(await Ada.Past(known.Key.Id), e => e is PeerIdentityRefused refused && refused.Answered == other.Key.Id);
    }

    [Theory]
    [InlineData("key", "key_mismatch")]
    [InlineData("domain", "domain_mismatch")]
    [InlineData("json", "answer_invalid")]
    [InlineData("weak", "key_type_unknown")]
    [InlineData("status", "status_unexpected")]
    [InlineData("redirect", "not_a_portal")]
    [InlineData("page", "not_a_portal")]
    [InlineData("page of a CDN", "page_instead")]
    [InlineData("page of a CDN that keeps the status", "page_instead")]
    [InlineData("CDN without its origin", "page_instead")]
    [InlineData("no such page", "not_a_portal")]
    [InlineData("refusal", "peer_refused")]
    [InlineData("clock", "clock_skew")]
    public async Task A_contradictory_whoareyou_pins_no_key(string lie, string code)
    {
        using var liar = Stranger.WithRsa();
        using var another = Stranger.WithRsa();
        portals.Zone.Strangers[liar.Key.Id.Short.Value] = context => lie switch
        {
            "key" => Identity(context, liar.Key.Id, another.Key.Pem, liar.Key.Id.Short.Value),
            "domain" => Identity(context, liar.Key.Id, liar.Key.Pem, another.Key.Id.Short.Value),
            "json" => context.Response.WriteAsync("<html>", context.RequestAborted),
            "weak" => Identity(context, liar.Key.Id, "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ==\n-----END PUBLIC KEY-----\n", liar.Key.Id.Short.Value),
            "page" => Page(context, StatusCodes.Status200OK, "text/html; charset=utf-8"),
            "page of a CDN" => Page(context, StatusCodes.Status403Forbidden, "text/html"),
            "page of a CDN that keeps the status" => Page(context, StatusCodes.Status200OK, "text/html", ("CF-Ray", "8d2f1c0e9a7b-HAM")),
            "CDN without its origin" => Page(context, StatusCodes.Status503ServiceUnavailable, "text/html; charset=UTF-8"),
            "no such page" => Page(context, StatusCodes.Status404NotFound, "text/plain"),
            "refusal" => Page(context, StatusCodes.Status403Forbidden, "application/problem+json"),
            "clock" => Late(context),
            "redirect" when context.Request.Path == "/elsewhere" => Identity(context, liar.Key.Id, liar.Key.Pem, liar.Key.Id.Short.Value),
            "redirect" => Redirect(context, $"https://{context.Request.Host}/elsewhere"),
            _ => Status(context, StatusCodes.Status500InternalServerError),
        };
        await Ada.Add(liar.Key.Id);
        await Eventually.Holds(async () => (await View(liar)).Contact.LastError?.Code == code, () => Tells(liar));
        Assert.Null(Ada.Sees(liar.Key.Id)!.Key);
        Assert.IsType<PeerAdded>(Assert.Single(await Ada.Past(liar.Key.Id)));
    }

    private Stranger Appear(Stranger stranger, int answerToNotice)
    {
        var key = stranger.Key;
        portals.Zone.Strangers[key.Id.Short.Value] = context => Answer(context, key, key.Id.Short, answerToNotice);
        return stranger;
    }

    private Task Answer(HttpContext context, PublicKey who, ShortId at, int answerToNotice)
    {
        asked.Enqueue($"{context.Request.Method} {context.Request.Path}");
        return context.Request.Path == "/core/public/meta/whoareyou"
            ? Identity(context, who.Id, who.Pem, at.Value)
            : Status(context, answerToNotice);
    }

    private static Task Identity(HttpContext context, PortalId id, string pem, string at) => context.Response.WriteAsJsonAsync(
        new { id = id.Value, name = "Original", is_default = true, public_key_pem = pem, domain = $"{at}.{Neighbourhood.Zone}" }, context.RequestAborted);

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static Task Page(HttpContext context, int status, string type, params (string Name, string Value)[] fields)
    {
        foreach (var (name, value) in fields)
            context.Response.Headers[name] = value;
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return context.Response.WriteAsync("<html>{}", context.RequestAborted);
    }

    private Task Late(HttpContext context)
    {
        context.Response.Headers.Date = portals.Zone.Clock.GetUtcNow().AddSeconds(-8).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return Status(context, StatusCodes.Status401Unauthorized);
    }

    private static Task Redirect(HttpContext context, string to)
    {
        context.Response.Redirect(to);
        return Task.CompletedTask;
    }

    private Task<PeerView> View(Stranger stranger) => Ada.Send(new ShowPeer(Ada.Id, TypedPortalId.Of(stranger.Key.Id)));

    private async Task<string> Tells(Stranger stranger) => $"{await View(stranger)}\n{string.Join(" ", asked)}";
}

/// <summary>Two clocks that do not agree.</summary>
public sealed class ClockSkewTests(PeerRegistry.Tests.TestPostgres postgres)
{
    [Theory]
    [InlineData(600, "behind")]
    [InlineData(15, "behind")]
    [InlineData(8, "behind")]
    [InlineData(-8, "ahead of")]
    [InlineData(-15, "ahead of")]
    public async Task The_owner_is_told_that_the_clocks_differ(int seconds, string how)
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var bob = await zone.Move("Bob");
        var wrong = new MovableTime();
        wrong.Advance(zone.Clock.GetUtcNow() - wrong.GetUtcNow() + TimeSpan.FromSeconds(seconds + 7)); // the zone's goes 7 s on when a Portal starts
        await using var ada = await zone.Move("Ada", services => services.AddSingleton<TimeProvider>(wrong));
        await bob.Add(ada);
        await ada.Add(bob);
        await Eventually.Holds(async () => (await ada.Contact(bob)).LastError is not null, () => ada.Tells(bob));
        var error = (await ada.Contact(bob)).LastError!;
        Assert.Equal("clock_skew", error.Code);
        Assert.Contains($"{how} this Portal's", error.Detail, StringComparison.Ordinal);
    }
}
