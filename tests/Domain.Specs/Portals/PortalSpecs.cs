using System.Diagnostics;
using System.Runtime.CompilerServices;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class PortalSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly PublicKey Key = PublicKey.Ed25519([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly PortalCreated Created = new(Key.Id, Key, "Zone.example", "Ann");

    [Fact]
    public void A_Portal_is_created_with_its_key() =>
        Assert.Equal([Created], Portal.Create(null, Key, "Zone.example", "Ann"));

    [Fact]
    public void A_Portal_is_created_once() =>
        Assert.Empty(Portal.Create(After(), Key, "zone.example", "Ann"));

    [Fact]
    public void Its_domain_begins_with_its_short_ID_and_is_lower_case() =>
        Assert.Equal($"{Key.Id.Short}.zone.example", After().Domain);

    [Fact]
    public void In_another_zone_it_has_another_domain_and_the_same_ID() =>
        Assert.Equal(After() with { Domain = $"{Key.Id.Short}.b.example" }, After(new ZoneChanged(Key.Id, "B.example")));

    [Fact]
    public void Another_zone_is_recorded_and_the_same_zone_is_not()
    {
        Assert.Equal([new ZoneChanged(Key.Id, "b.example")], Portal.ChangeZone(After(), "b.example"));
        Assert.Empty(Portal.ChangeZone(After(), "zone.example"));
    }

    [Fact]
    public void A_change_of_the_profile_replaces_all_of_it() =>
        Assert.Equal(
            After() with { Name = "Anna", Email = "a@b.example", EmailPublic = true, Description = "text" },
            After(new ProfileChanged(Key.Id, "Anna", "a@b.example", "text", EmailPublic: true)));

    [Fact]
    public void An_avatar_is_known_by_its_type_and_digest() =>
        Assert.Equal(After() with { AvatarType = "image/png", AvatarSha256 = "abc" }, After(new AvatarChanged(Key.Id, "image/png", "abc")));

    [Fact]
    public void An_invite_remembers_when_it_was_created_and_who_used_it() =>
        Assert.Equal(
            [new Invite("one", At, At.AddDays(7), Key.Id, Revoked: false, UsedAt: At)],
            After(new InviteCreated(Key.Id, "one", At.AddDays(7)), new InviteUsed(Key.Id, "one", Key.Id)).Invites);

    [Fact]
    public void Every_event_can_be_folded()
    {
        var missing = typeof(PortalEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(PortalEvent)))
            .Where(type =>
                Record.Exception(() => Portal.Evolve(After(), (PortalEvent)RuntimeHelpers.GetUninitializedObject(type), At)) is UnreachableException);
        Assert.Empty(missing);
    }

    private static Portal After(params PortalEvent[] events) => Fold.After<Portal, PortalEvent>(null, [Created, .. events], At)!;
}
