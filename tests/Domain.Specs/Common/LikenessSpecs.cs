using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Common;

public sealed class LikenessSpecs
{
    [Theory]
    [InlineData("Chloé", "chloe")]
    [InlineData("CHLOÉ", "chloe")]
    [InlineData("Chloe\u0301", "chloe")]
    [InlineData("Ærøskøbing", "aeroskobing")]
    [InlineData("Straße", "strasse")]
    [InlineData("Łukasz", "lukasz")]
    [InlineData("Nguyễn Đức", "nguyen duc")]
    [InlineData("Ιωάννης", "ιωαννησ")]
    [InlineData("Семён", "семен")]
    [InlineData("李雷", "李雷")]
    public void Names_that_people_read_alike_are_alike(string name, string likeness) => Assert.Equal(likeness, Likeness.Of(name));

    [Fact]
    public void Different_letters_stay_different() => Assert.NotEqual(Likeness.Of("Ann"), Likeness.Of("Anna"));
}
