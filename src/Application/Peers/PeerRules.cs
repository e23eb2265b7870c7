using System.Globalization;
using System.Text;
using FluentValidation;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Shapes of what comes in about peers, from the owner and from the peers themselves.</summary>
public static class PeerRules
{
    public const int MaxName = 100;

    private const int MaxDomain = 253;

    public static IRuleBuilderOptions<T, string?> MustBePetname<T>(this IRuleBuilder<T, string?> rule) => rule
        .Must(name => name is null || (name.Length is > 0 and <= MaxName && name == Readable(name)))
        .WithErrorCode("name_invalid")
        .WithMessage($"A name has 1 to {MaxName} characters, none of which controls the text around it.");

    public static IRuleBuilderOptions<T, string?> MustBeDomainOf<T>(this IRuleBuilder<T, string?> rule, Func<T, ShortId> peer) => rule
        .Must((command, address) => address is null || IsDomainOf(address, peer(command)))
        .WithErrorCode("domain_mismatch")
        .WithMessage("The address is a DNS name that begins with the first six characters of the peer's ID and a dot.");

    /// <summary>A DNS name, no port, its first label the short ID.</summary>
    public static bool IsDomainOf(string domain, ShortId peer) =>
        domain.Length <= MaxDomain
        && domain.StartsWith($"{peer}.", StringComparison.OrdinalIgnoreCase)
        && domain.Split('.').All(IsLabel);

    /// <summary>
    /// A name as another Portal claims it, made fit to be shown: without control and direction characters, trimmed and cut.
    /// </summary>
    /// <returns>Null where nothing is left.</returns>
    public static string? Claimed(string? name) => Tame(name, MaxName, lines: false);

    /// <summary>A text as <see cref="Claimed"/> makes it, but with its lines and as long as our own description may be.</summary>
    public static string? ClaimedText(string? text) => Tame(text, Profile.MaxDescription, lines: true);

    /// <summary>The peer's name in this Portal's own zone.</summary>
    public static string ZoneName(this PortalRow self, ShortId peer) => $"{peer}{self.Domain[ShortId.Length..]}";

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static string? Tame(string? claim, int max, bool lines)
    {
        if (claim is null)
            return null;

        var readable = Readable(claim.Length <= 4 * max ? claim : claim[..(4 * max)], lines);
        var cut = readable.Length <= max ? readable : readable[..(char.IsHighSurrogate(readable[max - 1]) ? max - 1 : max)];
        return cut.Length == 0 ? null : cut;
    }

    /// <summary>Without control, format, private and unpaired characters. The joiners that make emoji and scripts stay.</summary>
    /// <param name="lines">Line feeds and tabs stay.</param>
    private static string Readable(string name, bool lines = false)
    {
        var readable = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            var keeps = Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.Control when lines => rune.Value is '\n' or '\t',
                UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
                UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned => false,
                UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
                _ => rune != Rune.ReplacementChar,
            };
            if (keeps)
                readable.Append(rune);
        }

        return readable.ToString().Trim();
    }
}
