using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class ProfileSpecs
{
    private static readonly PublicKey Key = PublicKey.Ed25519(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
    private static readonly PortalCreated Created = new(Key.Id, Key, "zone.example", "Ann");

    [Fact]
    public void A_new_Portal_has_the_name_it_was_given() => Assert.Equal("Ann", After(Created)!.Name);

    [Fact]
    public void A_change_is_recorded_whole() =>
        Assert.Equal([new ProfileChanged(Key.Id, "Ann", "ann@zone.example", "# Me", true)],
            Profile.Change(After(Created), "Ann", "ann@zone.example", "# Me", true));

    [Fact]
    public void The_same_again_records_nothing()
    {
        var profile = After(Created, new ProfileChanged(Key.Id, "Ann", null, "text", false));
        Assert.Empty(Profile.Change(profile, "Ann", null, "text", false));
    }

    [Fact]
    public void An_avatar_is_recorded_by_its_hash_and_only_once()
    {
        var set = Profile.ChangeAvatar(After(Created), "image/png", "abc");
        Assert.Equal([new AvatarChanged(Key.Id, "image/png", "abc")], set);
        Assert.Empty(Profile.ChangeAvatar(After(Created, set[0]), "image/png", "abc"));
    }

    [Fact]
    public void Taking_away_an_avatar_that_is_not_there_records_nothing() => Assert.Empty(Profile.ChangeAvatar(After(Created), null, null));

    [Fact]
    public void A_chosen_language_is_recorded_once_and_can_be_taken_back()
    {
        var chosen = new LanguageChosen(Key.Id, "de");
        Assert.Equal([chosen], Profile.ChooseLanguage(After(Created), "de"));
        Assert.Empty(Profile.ChooseLanguage(After(Created, chosen), "de"));
        Assert.Equal([new LanguageChosen(Key.Id, null)], Profile.ChooseLanguage(After(Created, chosen), null));
    }

    [Fact]
    public void A_Portal_that_is_not_there_has_no_profile() =>
        Assert.Equal("portal_unknown", Assert.Throws<RefusedException>(() => Profile.Change(null, "Ann", null, null, false)).Code);

    private static Portal? After(params PortalEvent[] events) => Fold.After<Portal, PortalEvent>(null, events, DateTimeOffset.UnixEpoch);
}
