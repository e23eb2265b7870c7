using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class AppSpecs
{
    private static readonly AppMeta Notes = Described.Meta(("", "private"));
    private static readonly PortalId Ada = PublicKey.Ed25519(Enumerable.Repeat((byte)1, 32).ToArray()).Id;
    private static readonly PortalId Bob = PublicKey.Ed25519(Enumerable.Repeat((byte)2, 32).ToArray()).Id;

    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);

    private static App Registered => Given(new AppRegistered(Notes));

    [Fact]
    public void A_new_app_sees_nobody() => Assert.Equal(Visibility.None, Registered.Visibility);

    [Fact]
    public void The_same_description_again_changes_nothing() => Assert.Empty(App.Register(Registered, Described.Meta(("", "private"))));

    [Fact]
    public void Another_description_updates() =>
        Assert.Equal([new AppUpdated(Described.Meta(("", "public")))], App.Register(Registered, Described.Meta(("", "public"))));

    [Fact]
    public void A_peer_that_is_named_twice_is_named_once() => Assert.Equal(2, Visibility.Some([Bob, Ada, Bob]).Peers.Count);

    [Fact]
    public void The_same_visibility_again_changes_nothing() =>
        Assert.Empty(App.SetVisibility(Given(new AppRegistered(Notes), new AppVisibilitySet("notes", Visibility.Some([Ada, Bob]))), "notes",
            Visibility.Some([Bob, Ada])));

    [Fact]
    public void From_none_to_all_is_a_change() =>
        Assert.Equal([new AppVisibilitySet("notes", Visibility.All)], App.SetVisibility(Registered, "notes", Visibility.All));

    [Fact]
    public void Chosen_peers_are_in_the_order_of_their_IDs() =>
        Assert.Equal(new[] { Ada, Bob }.OrderBy(id => id.Value, StringComparer.Ordinal), Visibility.Some([Bob, Ada]).Peers);

    [Fact]
    public void A_registered_app_gets_a_token() => Assert.Equal([new AppCredentialIssued("notes")], App.IssueCredential(Registered, "notes"));

    [Fact]
    public void A_registered_app_is_removed() => Assert.Equal([new AppRemoved("notes")], App.Remove(Registered, "notes"));

    [Fact]
    public void A_refusal_names_the_app() => Assert.Contains("notes", App.Unknown("notes").Message, StringComparison.Ordinal);

    [Fact]
    public void A_refusal_does_not_repeat_an_invalid_name() => Assert.DoesNotContain("<b>", App.Unknown("<b>").Message, StringComparison.Ordinal);

    public static TheoryData<string, AppMeta> Changes() => new()
    {
        { "pretty_name", Notes with { PrettyName = "Notebook" } },
        { "app_version", Notes with { AppVersion = "2" } },
        { "icon", Notes with { Icon = "icon.svg" } },
        { "homepage", Notes with { Homepage = "https://example.org" } },
        { "upstream_repo", Notes with { UpstreamRepo = "https://example.org" } },
        { "lifecycle", Notes with { Lifecycle = new Lifecycle(true, false, null, null) } },
        { "minimum_portal_size", Notes with { MinimumPortalSize = "l" } },
        { "entrypoints", Notes with { Entrypoints = [new Entrypoint("notes", 80, "http")] } },
        { "paths", Notes with { Rules = [] } },
        { "permissions", Notes with { Permissions = [AppPermission.Devices] } },
    };

    [Theory, MemberData(nameof(Changes))]
    public void A_change_of_any_member_updates(string member, AppMeta changed) =>
        Assert.True(App.Register(Registered, changed) is [AppUpdated updated] && ReferenceEquals(updated.Meta, changed), member);

    [Fact]
    public void A_removed_app_comes_back_seeing_nobody() =>
        Assert.Equal(Visibility.None,
            Given(new AppRegistered(Notes), new AppVisibilitySet("notes", Visibility.All), new AppRemoved("notes"), new AppRegistered(Notes)).Visibility);

    [Fact]
    public void A_forgotten_peer_inherits_nothing()
    {
        var app = Given(new AppRegistered(Notes), new AppVisibilitySet("notes", Visibility.Some([Ada, Bob])));
        Assert.Equal([new AppVisibilitySet("notes", Visibility.Some([Bob]))], App.Forget(app, "notes", Ada, CircleSet.Empty));
        Assert.Empty(App.Forget(Given(new AppRegistered(Notes), new AppVisibilitySet("notes", Visibility.Some([Bob]))), "notes", Ada, CircleSet.Empty));
    }

    [Fact]
    public void A_peer_for_whom_a_circle_decides_is_not_hidden_by_name()
    {
        var family = CircleSet.Of([CircleId.Of(new byte[10])]);
        var app = Given(new AppRegistered(Notes), new AppVisibilitySet("notes", Visibility.Some([], family)));
        Assert.Equal("circle_decides", Assert.Throws<Domain.Common.RefusedException>(() => App.Show(app, "notes", Ada, family, shown: false)).Code);
        Assert.Equal([new AppVisibilitySet("notes", Visibility.Some([Ada], family))], App.Show(app, "notes", Ada, CircleSet.Empty, shown: true));
        Assert.Equal("app_unknown", Assert.Throws<Domain.Common.RefusedException>(() => App.Show(null, "notes", Ada, family, shown: true)).Code);
    }

    [Fact]
    public void An_icon_is_set_once_and_removed()
    {
        Assert.Equal([new AppIconSet("notes", "image/png", "abc")], App.SetIcon(Registered, "notes", "image/png", "abc"));
        var app = Given(new AppRegistered(Notes), new AppIconSet("notes", "image/png", "abc"));
        Assert.Equal(("image/png", "abc"), (app.IconType, app.IconSha256));
        Assert.Empty(App.SetIcon(app, "notes", "image/png", "abc"));
        Assert.Equal([new AppIconSet("notes", null, null)], App.SetIcon(app, "notes", null, null));
    }

    [Fact]
    public void A_removed_app_is_no_more() => Assert.Null(App.Evolve(Registered, new AppRemoved("notes"), At));

    [Fact]
    public void An_app_remembers_that_a_token_was_issued() =>
        Assert.Equal((false, true), (Registered.HasToken, Given(new AppRegistered(Notes), new AppCredentialIssued("notes")).HasToken));

    [Fact]
    public void A_password_is_listed_with_its_name_and_date() => Assert.Equal(
        [new AppPassword("p1", "Calendar", At)], Given(new AppRegistered(Notes), new AppPasswordCreated("notes", "p1", "Calendar")).Passwords);

    [Fact]
    public void A_password_is_revoked_once()
    {
        var app = Given(new AppRegistered(Notes), new AppPasswordCreated("notes", "p1", "Calendar"));
        Assert.Equal([new AppPasswordRevoked("notes", "p1")], App.RevokePassword(app, "notes", "p1"));
        var revoked = Given(new AppRegistered(Notes), new AppPasswordCreated("notes", "p1", "Calendar"), new AppPasswordRevoked("notes", "p1"));
        Assert.Equal("app_password_unknown", Assert.Throws<RefusedException>(() => App.RevokePassword(revoked, "notes", "p1")).Code);
    }

    [Fact]
    public void An_app_has_at_most_fifty_passwords()
    {
        AppEvent[] created = [.. Enumerable.Range(0, App.MaxPasswords).Select(i => new AppPasswordCreated("notes", $"p{i}", "x"))];
        Assert.Equal("app_password_limit",
            Assert.Throws<RefusedException>(() => App.CreatePassword(Given([new AppRegistered(Notes), .. created]), "notes", "more", "x")).Code);
        Assert.Single(App.CreatePassword(Given([new AppRegistered(Notes), .. created, new AppPasswordRevoked("notes", "p7")]), "notes", "more", "x"));
    }

    [Fact]
    public void A_removed_app_comes_back_without_passwords() => Assert.Empty(
        Given(new AppRegistered(Notes), new AppPasswordCreated("notes", "p1", "x"), new AppRemoved("notes"), new AppRegistered(Notes)).Passwords);

    [Fact]
    public void Nothing_is_done_to_an_app_that_is_not_registered()
    {
        foreach (var attempt in new Action[]
                 {
                     () => App.SetVisibility(null, "notes", Visibility.All), () =>
                         App.IssueCredential(null, "notes"), () =>
                             App.Remove(null, "notes"), () => App.CreatePassword(null, "notes", "p", "x"), () => App.RevokePassword(null, "notes", "p"),
                 })
        {
            Assert.Equal("app_unknown", Assert.Throws<RefusedException>(attempt).Code);
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("photo-wall2", true)]
    [InlineData("mock_app", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("_a", false)]
    [InlineData("a.b", false)]
    [InlineData("A", false)]
    [InlineData("a\n", false)]
    [InlineData("é", false)]
    public void Names_are_labels(string name, bool valid) => Assert.Equal(valid, AppName.IsValid(name));

    [Fact]
    public void Names_are_at_most_63_long()
    {
        Assert.True(AppName.IsValid(new string('a', 63)));
        Assert.False(AppName.IsValid(new string('a', 64)));
    }

    private static App Given(params AppEvent[] past) => Fold.After<App, AppEvent>(null, past, At)!;
}
