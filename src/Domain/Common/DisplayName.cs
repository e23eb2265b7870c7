using System.Globalization;
using System.Text;

namespace PeerRegistry.Domain.Common;

/// <summary>
/// The rule for every display name: that of the owner, a Portal, a device, a peer or an app. Names appear in headers, logs and pages next
/// to other text, so a name must be visible, stay on one line and not change the direction of the text.
/// </summary>
public static class DisplayName
{
    /// <summary>In UTF-16 code units.</summary>
    public const int MaxLength = 100;

    /// <summary>The rule as a sentence, shown to whoever breaks it.</summary>
    public const string Rule =
        "A name has 1 to 100 visible characters on one line, no leading or trailing spaces, and no character that controls the surrounding text.";

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Invisible characters that Unicode counts as letters, marks or symbols: the fillers of Hangul and Khmer, and blank Braille.</summary>
    private static readonly int[] Fillers = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0];

    public static bool IsValid(string? name) => name is { Length: <= MaxLength } && name == Clean(name, lines: false) && HasVisibleCharacter(name);

    /// <summary>Removes from a name that somebody else claims everything that the rule forbids, and truncates it.</summary>
    /// <returns>The clean name, or null if nothing visible is left.</returns>
    public static string? Claimed(string? claim) => ClaimedText(claim, MaxLength, lines: false) is { } name && HasVisibleCharacter(name) ? name : null;

    /// <summary>Cleans a longer text in the way that <see cref="Claimed"/> cleans a name.</summary>
    /// <param name="max">The maximum length in UTF-16 code units.</param>
    /// <param name="lines">Whether line feeds and tabs are kept.</param>
    /// <returns>The clean text, or null if nothing is left.</returns>
    public static string? ClaimedText(string? claim, int max, bool lines)
    {
        if (claim is null)
            return null;

        var clean = Clean(claim.Length <= 4 * max ? claim : claim[..(4 * max)], lines);
        var cut = clean.Length <= max ? clean : Trimmed(clean[..(char.IsHighSurrogate(clean[max - 1]) ? max - 1 : max)]);
        return cut.Length == 0 ? null : cut;
    }

    private static string Clean(string text, bool lines)
    {
        var clean = new StringBuilder(text.Length);
        var before = new Rune(' ');
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsAllowed(rune, before, lines))
                continue;
            clean.Append(rune);
            before = rune;
        }

        return Trimmed(clean.ToString());
    }

    /// <summary>
    /// Joiners and variation selectors change how the character before them looks, as in emoji and many scripts. Without such a character
    /// they are invisible, so they are not allowed.
    /// </summary>
    private static bool IsAllowed(Rune rune, Rune before, bool lines) => Rune.GetUnicodeCategory(rune) switch
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

    private static bool HasVisibleCharacter(string name) => name.EnumerateRunes().Any(rune => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.SpaceSeparator or UnicodeCategory.Format or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark));
}
