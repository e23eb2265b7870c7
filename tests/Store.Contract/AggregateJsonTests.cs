using System.Text.Json;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Store.Contract;

/// <summary>An aggregate that was stored is the one that decisions are made from, so nothing of its state may get lost.</summary>
public sealed class AggregateJsonTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);

    [Fact]
    public void An_app_reads_back_as_it_was_written()
    {
        var rule = new AccessRule("", Access.Private, new Dictionary<string, string> { ["X-Ptl-Id"] = "{{ id }}" });
        var meta = new AppMeta("notes", "Notes", [rule]) { Permissions = [AppPermission.Profile] };
        AssertReadsBack(new App(meta, Visibility.Some([Given.Portal()], CircleSet.Of([CircleId.Of(new byte[10])])), At, HasToken: true)
        {
            Passwords = [new AppPassword("p1", "Calendar", At)],
            IconType = "image/png",
            IconSha256 = "abc",
            Decisions = [new PermissionDecision(AppPermission.Profile, Granted: true)],
        });
    }

    [Fact]
    public void An_app_of_before_there_were_circles_reads_as_one_without()
    {
        var seen = Visibility.Some([Given.Portal()]);
        var row = JsonSerializer.Serialize(new { mode = "Some", peers = seen.Peers }, RegistryJson.Options);
        Assert.Equal(seen, JsonSerializer.Deserialize<Visibility>(row, RegistryJson.Options));
    }

    [Fact]
    public void Circles_read_back_as_they_were_written()
    {
        var circles = new CircleList([new Circle(CircleId.Of(new byte[10]), "Family", At)]);
        Assert.Equal(circles.All, Read(circles).All);
    }

    [Fact]
    public void A_device_reads_back_as_it_was_written() => AssertReadsBack(new Device("d1", "phone", At));

    [Fact]
    public void A_Portal_reads_back_as_it_was_written()
    {
        var key = Given.Key();
        AssertReadsBack(new Portal(key.Id, key, "abcdef.zone", "Ann", "a@b.example", true, "text", "image/png", "abc")
        {
            Invites = [new Invite("one", At, At.AddDays(7), Given.Portal(), Revoked: true, "Ben", At.AddDays(1))],
        });
    }

    [Fact]
    public void A_peer_reads_back_as_it_was_written()
    {
        var (key, day) = (Given.Key(), DateOnly.FromDateTime(At.UtcDateTime));
        var peer = new Peer
        {
            Typed = TypedPortalId.Of(key.Id), Listed = true, Id = key.Id, Key = key, Verification = PeerVerification.Invite, Petname = "Ada",
            Circles = CircleSet.Of([CircleId.Of(new byte[10])]),
            ClaimedName = "A.", Note = "lends books",
            Address = "a.zone", Domain = "a.zone", Status = PeerStatus.Withdrawn, Blocked = true, Offered = true, SpeaksOurs = true, Original = true,
            AddedAt = At,
            ConfirmedAt = At.AddDays(1), PinnedAt = At.AddDays(2), Refused = new RefusedIdentities(day, [Given.Portal()]), Names = new DailyCount(day, 3),
            Moves = new DailyCount(day, 2),
        };
        Assert.DoesNotContain(typeof(Peer).GetProperties(),
            property => property.CanWrite && Equals(property.GetValue(peer), property.GetValue(new Peer { Typed = default })));
        var read = Read(peer);
        Assert.Equal(peer.Refused.Ids, read.Refused.Ids);
        Assert.Equal(peer, read with { Refused = peer.Refused });
    }

    [Fact]
    public void What_is_computed_is_not_stored() =>
        Assert.DoesNotContain("mutual", JsonSerializer.Serialize(new Peer { Typed = TypedPortalId.Of(Given.Portal()) }, RegistryJson.Options),
            StringComparison.OrdinalIgnoreCase);

    private static void AssertReadsBack<T>(T state)
    {
        var read = Read(state);
        Assert.All(typeof(T).GetProperties().Where(property => property.CanWrite), property => Assert.Equal(property.GetValue(state), property.GetValue(read)));
    }

    private static T Read<T>(T state) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(state, RegistryJson.Options), RegistryJson.Options)!;
}
