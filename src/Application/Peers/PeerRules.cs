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
    public static string? Claimed(string? name)
    {
        if (name is null)
            return null;

        var readable = Readable(name.Length <= 4 * MaxName ? name : name[..(4 * MaxName)]);
        var cut = readable.Length <= MaxName ? readable : readable[..(char.IsHighSurrogate(readable[MaxName - 1]) ? MaxName - 1 : MaxName)];
        return cut.Length == 0 ? null : cut;
    }

    /// <summary>The peer's name in this Portal's own zone.</summary>
    public static string ZoneName(this PortalRow self, ShortId peer) => $"{peer}{self.Domain[ShortId.Length..]}";

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    /// <summary>Without control, format, private and unpaired characters. The joiners that make emoji and scripts stay.</summary>
    private static string Readable(string name)
    {
        var readable = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            var keeps = Rune.GetUnicodeCategory(rune) switch
            {
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
