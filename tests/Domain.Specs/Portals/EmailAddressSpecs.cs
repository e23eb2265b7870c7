using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class EmailAddressSpecs
{
    [Theory]
    [InlineData("anna@portal.example")]
    [InlineData("anna.b+portal@mail.portal.example")]
    [InlineData("o'hara@xn--bcher-kva.example")]
    [InlineData("anna@bücher.example")]
    public void An_address_that_mail_can_be_sent_to_is_accepted(string text) => Assert.True(EmailAddress.IsValid(text));

    [Theory]
    [InlineData("anna")]
    [InlineData("anna@")]
    [InlineData("@portal.example")]
    [InlineData("anna@example")]
    [InlineData("anna@localhost")]
    [InlineData("anna@portal..example")]
    [InlineData("anna@-portal.example")]
    [InlineData("anna@portal.example.")]
    [InlineData("anna@192.0.2.7")]
    [InlineData("anna@b@portal.example")]
    [InlineData(".anna@portal.example")]
    [InlineData("an..na@portal.example")]
    [InlineData("an na@portal.example")]
    [InlineData("<anna@portal.example>")]
    [InlineData("anna@portal.example\n")]
    [InlineData("anna@portal.example?subject=Hello")]
    public void What_no_mail_can_be_sent_to_is_refused(string text) => Assert.False(EmailAddress.IsValid(text));

    [Fact]
    public void A_local_part_has_at_most_64_characters()
    {
        Assert.True(EmailAddress.IsValid($"{new string('a', 64)}@portal.example"));
        Assert.False(EmailAddress.IsValid($"{new string('a', 65)}@portal.example"));
    }
}
