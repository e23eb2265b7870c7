using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class InvitesSpecs
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly PublicKey Key = PublicKey.Ed25519(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray());
    private static readonly PortalId Guest = PublicKey.Ed25519(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray()).Id;
    private static readonly PortalCreated Created = new(Key.Id, Key, "zone.example", "Ann");
    private static readonly InviteCreated Made = new(Key.Id, "one", Now.AddDays(7));

    [Fact]
    public void An_open_invite_admits_one_Portal() => Assert.Equal(new InviteUsed(Key.Id, "one", Guest), Invites.Use(After(Created, Made), "one", Guest, Now));

    [Fact]
    public void An_invite_says_for_whom_it_is_and_when_it_was_used()
    {
        Assert.Equal([Made with { Label = "Ben" }], Invites.Create(After(Created), "one", Made.ExpiresAt, Now, "Ben"));
        var used = Assert.Single(After(Created, Made with { Label = "Ben" }, new InviteUsed(Key.Id, "one", Guest))!.Invites);
        Assert.Equal(("Ben", Guest), (used.Label, used.UsedBy));
        Assert.NotNull(used.UsedAt);
    }

    [Fact]
    public void A_used_invite_admits_nobody() =>
        Assert.Null(Invites.Use(After(Created, Made, new InviteUsed(Key.Id, "one", Guest)), "one", Guest, Now));

    [Fact]
    public void One_that_is_revoked_expired_or_unknown_lets_nobody_in()
    {
        Assert.Null(Invites.Use(After(Created, Made, new InviteRevoked(Key.Id, "one")), "one", Guest, Now));
        Assert.Null(Invites.Use(After(Created, Made), "one", Guest, Made.ExpiresAt));
        Assert.Null(Invites.Use(After(Created, Made), "two", Guest, Now));
    }

    [Fact]
    public void Revoking_twice_records_once()
    {
        Assert.Equal([new InviteRevoked(Key.Id, "one")], Invites.Revoke(After(Created, Made), "one"));
        Assert.Empty(Invites.Revoke(After(Created, Made, new InviteRevoked(Key.Id, "one")), "one"));
    }

    [Fact]
    public void What_is_used_or_unknown_cannot_be_revoked()
    {
        Assert.Equal("invite_used", Refusal(() => Invites.Revoke(After(Created, Made, new InviteUsed(Key.Id, "one", Guest)), "one")));
        Assert.Equal("invite_unknown", Refusal(() => Invites.Revoke(After(Created), "one")));
    }

    [Fact]
    public void The_number_of_open_invites_is_limited()
    {
        var full = After([Created, .. Enumerable.Range(0, Invites.MaxOpen).Select(i => new InviteCreated(Key.Id, $"{i}", Now.AddDays(1)))]);
        Assert.Equal("too_many_invites", Refusal(() => Invites.Create(full, "more", Now.AddDays(1), Now)));
        Assert.Single(Invites.Create(full, "more", Now.AddDays(3), Now.AddDays(2)));
    }

    [Fact]
    public void The_oldest_closed_invites_are_forgotten_and_no_open_one_is()
    {
        PortalEvent[] closed = [.. Enumerable.Range(0, Invites.MaxKept).SelectMany(i => new PortalEvent[]
        {
            new InviteCreated(Key.Id, $"{i}", Now.AddDays(1)), new InviteRevoked(Key.Id, $"{i}"),
        })];
        var kept = After([Created, Made, .. closed])!.Invites;
        Assert.Equal((Invites.MaxKept, "one", "1"), (kept.Count, kept[0].Id, kept[1].Id));
    }

    private static string Refusal(Func<object> decide) => Assert.Throws<RefusedException>(decide).Code;

    private static Portal? After(params PortalEvent[] events) => Fold.After<Portal, PortalEvent>(null, events, Now);
}
