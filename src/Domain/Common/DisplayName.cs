using System.Globalization;
using System.Text;

namespace PeerRegistry.Domain.Common;

/// <summary>
/// The one rule for what people call things: the owner, a Portal, a device, a peer, an app. Names stand in headers, logs and pages beside
/// other text, so a name can be seen, stays on its line and leaves the direction of writing alone.
/// </summary>
public static class DisplayName
{
    /// <summary>UTF-16 code units.</summary>
    public const int MaxLength = 100;

    /// <summary>The rule as a sentence, for whoever broke it.</summary>
    public const string Rule = "A name has 1 to 100 visible characters on one line, no blanks at its ends, and none that controls the text around it.";

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Blank to the eye although Unicode counts them as letters, marks or symbols: fillers of Hangul and Khmer, empty Braille.</summary>
    private static readonly int[] Fillers = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0];

    public static bool IsValid(string? name) => name is { Length: <= MaxLength } && name == Readable(name, lines: false) && HasInk(name);

    /// <summary>A name as somebody else claims it, without what the rule forbids, and cut.</summary>
    /// <returns>Null where nothing that can be seen is left.</returns>
    public static string? Claimed(string? claim) => ClaimedText(claim, MaxLength, lines: false) is { } name && HasInk(name) ? name : null;

    /// <summary>A longer text, cleaned as <see cref="Claimed"/> cleans a name.</summary>
    /// <param name="max">UTF-16 code units.</param>
    /// <param name="lines">Whether line feeds and tabs stay.</param>
    /// <returns>Null where nothing is left.</returns>
    public static string? ClaimedText(string? claim, int max, bool lines)
    {
        if (claim is null)
            return null;

        var readable = Readable(claim.Length <= 4 * max ? claim : claim[..(4 * max)], lines);
        var cut = readable.Length <= max ? readable : Trimmed(readable[..(char.IsHighSurrogate(readable[max - 1]) ? max - 1 : max)]);
        return cut.Length == 0 ? null : cut;
    }

    private static string Readable(string text, bool lines)
    {
        var readable = new StringBuilder(text.Length);
        var before = new Rune(' ');
        foreach (var rune in text.EnumerateRunes())
        {
            if (!Stays(rune, before, lines))
                continue;
            readable.Append(rune);
            before = rune;
        }

        return Trimmed(readable.ToString());
    }

    /// <summary>
    /// Joiners and variation selectors change how the character before them looks, as in emoji and many scripts. Where there is none
    /// to change they are invisible.
    /// </summary>
    private static bool Stays(Rune rune, Rune before, bool lines) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control when lines => rune.Value is '\n' or '\t',
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned => false,
        UnicodeCategory.Format => IsJoiner(rune) && !IsJoiner(before) && !Rune.IsWhiteSpace(before),
        UnicodeCategory.NonSpacingMark when IsSelector(rune) => !IsSelector(before) && !IsJoiner(before) && !Rune.IsWhiteSpace(before),
        _ => rune != Rune.ReplacementChar && !Fillers.Contains(rune.Value),
    };

    private static bool IsJoiner(Rune rune) => rune.Value is ZeroWidthNonJoiner or ZeroWidthJoiner;

    private static bool IsSelector(Rune rune) => rune.Value is (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0100 and <= 0xE01EF) or (>= 0x180B and <= 0x180F);

    private static string Trimmed(string text)
    {
        var (trimmed, before) = (text, "");
        while (trimmed != before)
            (before, trimmed) = (trimmed, trimmed.Trim().TrimEnd((char)ZeroWidthNonJoiner, (char)ZeroWidthJoiner));
        return trimmed;
    }

    private static bool HasInk(string name) => name.EnumerateRunes().Any(rune => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.SpaceSeparator or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark));
}
