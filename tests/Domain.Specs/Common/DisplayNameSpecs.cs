using PeerRegistry.Domain.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Domain.Specs.Common;

public sealed class DisplayNameSpecs
{
    [Theory]
    [InlineData("Laptop")]
    [InlineData("Ada's 📱")]
    [InlineData("家の電話")]
    [InlineData("👩‍💻")]
    [InlineData("❤️‍🔥")]
    [InlineData("می‌خواهم")]
    [InlineData("Bo Márquez, the 2nd")]
    public void A_name_that_can_be_read_is_valid(string name) => Assert.True(DisplayName.IsValid(name));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\u00A0\u3000")]
    [InlineData(" Ann")]
    [InlineData("Ann ")]
    public void A_name_is_not_blank_and_has_no_surrounding_spaces(string? name) => Assert.False(DisplayName.IsValid(name));

    [Theory]
    [InlineData("\u200B")]
    [InlineData("\u200D")]
    [InlineData("\u3164")]
    [InlineData("\u115F\u1160")]
    [InlineData("\u2800")]
    [InlineData("\uFE0F")]
    [InlineData("\u0301")]
    [InlineData("\u00AD")]
    [InlineData("\uFEFF")]
    public void Invisible_characters_alone_are_not_a_name(string name) => Assert.False(DisplayName.IsValid(name));

    [Theory]
    [InlineData("Ann\u200B")]
    [InlineData("A\u200D\u200Dnn")]
    [InlineData("Ann\u200D")]
    [InlineData("Ann\u3164")]
    [InlineData("Ann\uFE00\uFE00")]
    [InlineData("Ann\U000E0100\U000E0100")]
    [InlineData("Ann\U000E01EF\U000E01EF")]
    [InlineData("Ann\u180B\u180B")]
    [InlineData("Ann\u180F\u180F")]
    [InlineData("Ann\uFE0F\uFE0F")]
    [InlineData("A\u034Fnn")]
    public void Invisible_characters_do_not_make_two_names_look_alike(string name) => Assert.False(DisplayName.IsValid(name));

    [Theory]
    [InlineData("a\r\nX-Ptl-Client-Type: terminal")]
    [InlineData("a\tb")]
    [InlineData("a\u2028b")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("a\u0085b")]
    [InlineData("a\uE000b")]
    [InlineData("a\uD800b")]
    public void A_name_has_no_control_characters_line_breaks_or_direction_marks(string name) => Assert.False(DisplayName.IsValid(name));

    [Fact]
    public void A_name_has_at_most_100_characters()
    {
        Assert.True(DisplayName.IsValid(new string('a', 100)));
        Assert.False(DisplayName.IsValid(new string('a', 101)));
    }

    [Fact]
    public void A_claimed_name_is_cleaned_until_it_is_valid()
    {
        Assert.Equal("Ann Lee", DisplayName.Claimed(" \u202EAnn\u200B Lee\r\n"));
        Assert.Null(DisplayName.Claimed("\u200B \u3164"));
        Assert.Null(DisplayName.Claimed(null));
    }

    [Fact]
    public void A_claimed_name_has_one_line() => Assert.Equal("AnnLee", DisplayName.Claimed("Ann\nLee"));

    [Fact]
    public void A_claimed_name_is_not_cut_within_a_character() =>
        Assert.Equal(new string('a', 99), DisplayName.Claimed(new string('a', 99) + "📱"));

    [Fact]
    public void A_claimed_name_of_full_length_is_not_cut() =>
        Assert.Equal(new string('a', 98) + "📱", DisplayName.Claimed(new string('a', 98) + "📱"));

    [Fact]
    public void A_claim_is_read_up_to_four_times_the_maximum_length() =>
        Assert.Null(DisplayName.Claimed(new string('\u200B', 400) + "Ann"));

    [Property]
    public void Every_claim_becomes_a_valid_name_or_none()
    {
        var state = 11UL;
        int Next(int below) => (int)((state = (state * 6364136223846793005) + 1442695040888963407) >> 33) % below;
        char[] odd = ['a', ' ', '\u200D', '\u200C', '\uFE0F', '\u202E', '\u3164', '\u0301', '\uD83D', '\uDC69', '\n', '\u00A0', '\uE000'];
        for (var i = 0; i < 20_000; i++)
        {
            var claim = string.Concat(Enumerable.Range(0, Next(130)).Select(_ => Next(4) == 0 ? (char)Next(0x10000) : odd[Next(odd.Length)]));
            var name = DisplayName.Claimed(claim);
            Assert.True(name is null || DisplayName.IsValid(name), $"round {i}: {string.Join(' ', claim.Select(c => $"{(int)c:X4}"))}");
        }
    }

    [Fact]
    public void A_claimed_text_keeps_its_lines_if_it_may_have_any()
    {
        Assert.Equal("one\ntwo", DisplayName.ClaimedText("one\r\ntwo\u200B", 100, lines: true));
        Assert.Equal("on", DisplayName.ClaimedText("one\ntwo", 2, lines: false));
        Assert.Null(DisplayName.ClaimedText("\u200B", 100, lines: true));
    }
}
