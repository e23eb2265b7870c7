using System.Net;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Portals;
using SkiaSharp;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>What apps may read from the core beyond their peers: nothing, until the owner grants what their description asks for.</summary>
public sealed class PermissionTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Apps = "/core/protected/apps";
    private static readonly string[] Routes = ["/protected/profile", "/protected/profile/avatar", "/protected/devices"];

    [Fact]
    public async Task Nothing_is_readable_before_the_owner_grants_it_and_only_that_afterwards()
    {
        var registered = await two.Owner.Put($"{Apps}/asks", Description("asks", """, "permissions": ["profile", "devices", "camera"]"""));
        Assert.Equal(
            """[{"permission":"profile","status":"undecided"},{"permission":"devices","status":"undecided"}]""",
            registered.Json.GetProperty("permissions").GetRawText());
        Assert.Contains("camera", registered.Json.GetProperty("warnings").GetRawText(), StringComparison.Ordinal);
        var asks = await Token("asks");
        foreach (var route in Routes)
        {
            var refused = await two.Inner.Get(route, asks);
            Assert.Equal((HttpStatusCode.Forbidden, "permission_not_granted"), (refused.Status, refused.Code));
            Assert.Equal("not_authenticated", (await two.Inner.Get(route)).Code);
        }

        Assert.Equal(HttpStatusCode.NoContent, await Decide("asks", "profile", granted: true));
        Assert.Equal("""{"name":"Ada","has_avatar":false}""", (await two.Inner.Get("/protected/profile", asks)).Body);
        Assert.Equal("avatar_unknown", (await two.Inner.Get("/protected/profile/avatar", asks)).Code);
        Assert.Equal("permission_not_granted", (await two.Inner.Get("/protected/devices", asks)).Code);
        Assert.Equal("profile", Assert.Single((await two.Inner.Get("/protected/self", asks)).Json.GetProperty("permissions").EnumerateArray()).GetString());

        await two.Ada.Send(new SetAvatar(two.Ada.Id, Picture()));
        var picture = await two.Inner.Get("/protected/profile/avatar?v=", asks);
        Assert.Equal((HttpStatusCode.OK, "image/jpeg", "private, no-cache"), (picture.Status, picture.Header("Content-Type"), picture.Header("Cache-Control")));

        Assert.Equal(HttpStatusCode.NoContent, await Decide("asks", "devices", granted: true));
        var device = Assert.Single((await two.Inner.Get("/protected/devices", asks)).Json.EnumerateArray());
        Assert.Equal(["id", "name", "last_seen_at"], device.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Assert.Single(two.Ada.Snapshot.Devices).Key, device.GetProperty("id").GetString());

        Assert.Equal(HttpStatusCode.NoContent, await Decide("asks", "profile", granted: false));
        Assert.Equal("permission_not_granted", (await two.Inner.Get("/protected/profile", asks)).Code);
        Assert.Equal(
            """[{"permission":"profile","status":"denied"},{"permission":"devices","status":"granted"}]""",
            (await two.Owner.Get($"{Apps}/asks/permissions")).Body);
    }

    [Fact]
    public async Task A_grant_is_for_one_app_and_ends_with_a_description_that_no_longer_asks()
    {
        foreach (var app in new[] { "first", "second" })
            await two.Owner.Put($"{Apps}/{app}", Description(app, """, "permissions": ["devices"]"""));
        await Decide("first", "devices", granted: true);
        var (first, second) = (await Token("first"), await Token("second"));
        Assert.Equal(HttpStatusCode.OK, (await two.Inner.Get("/protected/devices", first)).Status);
        Assert.Equal("permission_not_granted", (await two.Inner.Get("/protected/devices", second)).Code);

        await two.Owner.Put($"{Apps}/first", Description("first", ""));
        Assert.Equal("permission_not_granted", (await two.Inner.Get("/protected/devices", first)).Code);
        await two.Owner.Put($"{Apps}/first", Description("first", """, "permissions": ["devices"]"""));
        Assert.Equal("permission_not_granted", (await two.Inner.Get("/protected/devices", first)).Code);

        Assert.Equal("permission_unknown", (await two.Owner.Put($"{Apps}/first/permissions/profile", """{"granted":true}""")).Code);
        Assert.Equal("permission_unknown", (await two.Owner.Put($"{Apps}/first/permissions/camera", """{"granted":true}""")).Code);
        Assert.Equal("app_unknown", (await two.Owner.Put($"{Apps}/nosuch/permissions/profile", """{"granted":true}""")).Code);
    }

    private async Task<HttpStatusCode> Decide(string app, string permission, bool granted) =>
        (await two.Owner.Put($"{Apps}/{app}/permissions/{permission}", $$"""{"granted":{{(granted ? "true" : "false")}}}""")).Status;

    private async Task<(string, string)> Token(string app) => HttpCalls.Bearer(await two.Ada.Send(new IssueAppToken(two.Ada.Id, app)));

    private static string Description(string name, string more) => $$"""{"v":"1.0","name":"{{name}}","paths":{"":{"access":"private"} }{{more}} }""";

    private static byte[] Picture()
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Teal);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
