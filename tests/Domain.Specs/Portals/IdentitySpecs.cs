using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class IdentitySpecs
{
    private static readonly PublicKey Key = PublicKey.Ed25519([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly PortalCreated Created = new(Key.Id, Key, "zone.example", "Ann");

    [Fact]
    public void A_Portal_is_created_with_its_key() =>
        Assert.Equal([Created], Identity.Create(Identity.Initial, Key, "zone.example", "Ann"));

    [Fact]
    public void A_Portal_is_created_once() =>
        Assert.Empty(Identity.Create(Identity.Evolve(Identity.Initial, Created), Key, "zone.example", "Ann"));

    [Theory]
    [InlineData(typeof(ProfileChanged))]
    [InlineData(typeof(AvatarChanged))]
    [InlineData(typeof(InviteCreated))]
    [InlineData(typeof(InviteUsed))]
    [InlineData(typeof(InviteRevoked))]
    public void No_other_event_changes_the_key(Type happened) => Assert.Equal(
        new Identity(Key),
        Identity.Evolve(new Identity(Key), (PortalEvent)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(happened)));
}
