using System.Text;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Apps;

/// <summary>What an app asks to read from the core, and what the owner decides about it.</summary>
public sealed class PermissionSpecs
{
    private static readonly AppMeta Notes = Described.Meta(("", "private"));
    private static readonly AppMeta Asking = Notes with { Permissions = [AppPermission.Profile, AppPermission.Devices] };

    [Fact]
    public void A_new_app_has_no_permission_and_waits_for_a_decision()
    {
        var app = Given(new AppRegistered(Asking));
        Assert.Empty(app.Granted);
        Assert.True(app.AwaitsDecision);
        Assert.False(Given(new AppRegistered(Notes)).AwaitsDecision);
    }

    [Fact]
    public void A_permission_is_granted_once_and_withdrawn()
    {
        Assert.Equal(
            [new AppPermissionGranted("notes", AppPermission.Profile)],
            App.Decide(Given(new AppRegistered(Asking)), "notes", AppPermission.Profile, granted: true));
        var granted = Given(new AppRegistered(Asking), new AppPermissionGranted("notes", AppPermission.Profile));
        Assert.Equal([AppPermission.Profile], granted.Granted);
        Assert.Empty(App.Decide(granted, "notes", AppPermission.Profile, granted: true));
        Assert.Equal([new AppPermissionDenied("notes", AppPermission.Profile)], App.Decide(granted, "notes", AppPermission.Profile, granted: false));
        var withdrawn = Given(
            new AppRegistered(Asking), new AppPermissionGranted("notes", AppPermission.Profile), new AppPermissionDenied("notes", AppPermission.Profile));
        Assert.Equal(PermissionStatus.Denied, withdrawn.StatusOf(AppPermission.Profile));
        Assert.Equal(PermissionStatus.Undecided, withdrawn.StatusOf(AppPermission.Devices));
        Assert.Empty(withdrawn.Granted);
    }

    [Fact]
    public void An_app_that_has_an_answer_to_everything_waits_for_nothing() => Assert.False(Given(
        new AppRegistered(Asking), new AppPermissionGranted("notes", AppPermission.Profile),
        new AppPermissionDenied("notes", AppPermission.Devices)).AwaitsDecision);

    [Fact]
    public void Only_what_the_description_asks_for_is_granted()
    {
        Assert.Equal("permission_unknown",
            Assert.Throws<RefusedException>(() => App.Decide(Given(new AppRegistered(Notes)), "notes", AppPermission.Profile, granted: true)).Code);
        Assert.Equal("app_unknown", Assert.Throws<RefusedException>(() => App.Decide(null, "notes", AppPermission.Profile, granted: true)).Code);
    }

    [Fact]
    public void A_grant_ends_with_a_description_that_no_longer_asks_and_does_not_come_back_with_the_next()
    {
        AppEvent[] before =
        [
            new AppRegistered(Asking), new AppPermissionGranted("notes", AppPermission.Profile), new AppPermissionGranted("notes", AppPermission.Devices),
        ];
        var onlyDevices = new AppUpdated(Asking with { Permissions = [AppPermission.Devices] });
        Assert.Equal([AppPermission.Devices], Given([.. before, onlyDevices]).Granted);
        var again = Given([.. before, onlyDevices, new AppUpdated(Asking)]);
        Assert.Equal([AppPermission.Devices], again.Granted);
        Assert.True(again.AwaitsDecision);
    }

    [Fact]
    public void A_removed_app_comes_back_without_permissions() => Assert.Empty(Given(
        new AppRegistered(Asking), new AppPermissionGranted("notes", AppPermission.Profile), new AppRemoved("notes"), new AppRegistered(Asking)).Granted);

    [Fact]
    public void An_unknown_permission_is_a_warning_and_is_not_kept()
    {
        var (meta, warnings) = Parse("""["devices", "camera", "profile", "devices"]""");
        Assert.Equal([AppPermission.Profile, AppPermission.Devices], meta.Permissions);
        Assert.Contains("$.permissions[1]: \"camera\" is not a known permission, so it is never granted.", warnings);
        Assert.Empty(Parse("null").Meta.Permissions);
        Assert.True(SchemaOfDescriptions.Accepts(Text("""["camera"]""")) && SchemaOfDescriptions.Accepts(Text("null")));
    }

    [Theory]
    [InlineData("{}", "expected a list of permissions; found an object.")]
    [InlineData("[1]", "expected a string; found 1.")]
    [InlineData("51", "expected at most 50 permissions; found a list.")]
    public void A_wrong_list_of_permissions_is_refused(string permissions, string message)
    {
        var text = permissions == "51" ? $"[{string.Join(',', Enumerable.Repeat("\"profile\"", 51))}]" : permissions;
        Assert.Contains(message, Assert.Throws<RefusedException>(() => Parse(text)).Message, StringComparison.Ordinal);
        Assert.False(SchemaOfDescriptions.Accepts(Text(text)));
    }

    private static ReadAppMeta Parse(string permissions) => AppMetaParser.Parse(Encoding.UTF8.GetBytes(Text(permissions)));

    private static string Text(string permissions) =>
        $$"""{ "v": "1.0", "name": "notes", "paths": { "": { "access": "private" } }, "permissions": {{permissions}} }""";

    private static App Given(params AppEvent[] events) =>
        events.Aggregate((App?)null, (app, happened) => App.Evolve(app, happened, DateTimeOffset.UnixEpoch))!;
}
