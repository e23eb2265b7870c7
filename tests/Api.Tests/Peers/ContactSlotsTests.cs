using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Peers;

namespace PeerRegistry.Api.Tests.Peers;

public sealed class ContactSlotsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly PortalId Ada = PublicKey.Ed25519([.. Enumerable.Repeat((byte)1, 32)]).Id;
    private static readonly PortalId Bea = PublicKey.Ed25519([.. Enumerable.Repeat((byte)2, 32)]).Id;
    private static readonly PortalId Cleo = PublicKey.Ed25519([.. Enumerable.Repeat((byte)3, 32)]).Id;

    private readonly ContactSlots slots = new(new RegistryOptions { Peering = new() { ContactsAtOnce = 6, ContactsPerPortal = 4, ContactsForOwners = 3 } });

    [Fact]
    public void One_Portal_begins_no_more_contacts_than_it_has_slots() =>
        Assert.Equal(4, slots.Fill([], Due(Ada, 50)).Count);

    [Fact]
    public void Contacts_that_are_under_way_count() =>
        Assert.Single(slots.Fill(Running(Ada, 3), Due(Ada, 50)));

    [Fact]
    public void All_Portals_together_begin_no_more_contacts_than_there_are_slots() =>
        Assert.Equal(6, slots.Fill([], [.. Due(Ada, 50), .. Due(Bea, 50), .. Due(Cleo, 50)]).Count);

    [Fact]
    public void A_free_slot_goes_to_the_Portal_that_uses_the_fewest()
    {
        var begun = slots.Fill([.. Running(Ada, 3), .. Running(Bea, 2)], [.. Due(Ada, 50), .. Due(Bea, 50), .. Due(Cleo, 1)]);
        Assert.Equal([Cleo], begun.Select(contact => contact.Portal));
    }

    [Fact]
    public void Of_one_Portal_the_contact_that_is_longest_due_begins_first()
    {
        var due = Due(Ada, 5).ToList();
        Assert.Equal([due[4].Peer], slots.Fill(Running(Ada, 3), due).Select(contact => contact.Peer));
    }

    [Fact]
    public void What_the_owner_asked_for_begins_before_contacts_that_are_longer_due()
    {
        var asked = Asked(Ada, 0, Now);
        Assert.Equal([asked.Peer], slots.Fill(Running(Ada, 3), [.. Due(Ada, 5), asked]).Select(contact => contact.Peer));
    }

    [Fact]
    public void What_the_owner_asked_for_last_begins_first()
    {
        var last = Asked(Ada, 1, Now);
        Assert.Equal(last.Peer, slots.Fill(Running(Ada, 3), [Asked(Ada, 0, Now.AddMinutes(-1)), last])[0].Peer);
    }

    [Fact]
    public void What_an_owner_asked_for_begins_although_all_slots_are_in_use() =>
        Assert.True(Assert.Single(slots.Fill([.. Running(Bea, 4), .. Running(Cleo, 2)], [.. Due(Ada, 5), Asked(Ada, 0, Now)])).Reserved);

    [Fact]
    public void One_owner_uses_two_reserved_slots_at_most() =>
        Assert.Equal(2, slots.Fill(Running(Ada, 4), Enumerable.Range(0, 9).Select(n => Asked(Ada, n, Now))).Count);

    [Fact]
    public void All_owners_together_use_no_more_reserved_slots_than_there_are() =>
        Assert.Equal(3, slots.Fill(
            [.. Running(Ada, 4), .. Running(Bea, 2)], [Asked(Ada, 0, Now), Asked(Ada, 1, Now), Asked(Bea, 0, Now), Asked(Bea, 1, Now)]).Count);

    [Fact]
    public void A_contact_that_is_under_way_does_not_begin_again()
    {
        var asked = Asked(Ada, 0, Now);
        Assert.Empty(slots.Fill([new RunningContact(Ada, asked.Peer, Reserved: false)], [asked]));
    }

    private static IEnumerable<WaitingContact> Due(PortalId portal, int count) =>
        Enumerable.Range(100, count).Select(n => new WaitingContact(portal, Peer(n), Now.AddSeconds(-n), AskedAt: null));

    private static WaitingContact Asked(PortalId portal, int n, DateTimeOffset at) => new(portal, Peer(n), at, at);

    private static RunningContact[] Running(PortalId portal, int count) =>
        [.. Enumerable.Range(500, count).Select(n => new RunningContact(portal, Peer(n), Reserved: false))];

    private static ShortId Peer(int n) => PublicKey.Ed25519([.. BitConverter.GetBytes(n), .. new byte[28]]).Id.Short;
}
