using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class OriginalNameSpecs
{
    private static readonly ShortId Id = PublicKey.Ed25519(new byte[32]).Id.Short;

    [Theory]
    [InlineData("Anna", "Anna")]
    [InlineData("Bob Müller", "Bob Müller")]
    [InlineData("Karel Čapek", "Karel Capek")]
    [InlineData("C\u030Capek", "Capek")]
    [InlineData("Mu\u0308ller 🐈", "Muller")]
    [InlineData("Œuvre", "OEuvre")]
    [InlineData("Łukasz “Łuk” Żak", "Lukasz \"Luk\" Zak")]
    [InlineData("Anna 🐈 Bo", "Anna Bo")]
    [InlineData("Anna Иванова", "Anna")]
    public void A_name_keeps_what_Latin_1_can_write(string name, string read) => Assert.Equal(read, OriginalName.Of(name, Id));

    [Theory]
    [InlineData("Иван")]
    [InlineData("小明")]
    [InlineData("🐈 – 🐈")]
    public void A_name_of_which_nothing_is_left_is_the_short_ID(string name) => Assert.Equal(Id.Value, OriginalName.Of(name, Id));
}
