using FluentValidation;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Rules for input about peers, from the owner and from the peers themselves.</summary>
public static class PeerRules
{
    private const int MaxDomain = 253;

    public static IRuleBuilderOptions<T, string?> MustBeDomainOf<T>(this IRuleBuilder<T, string?> rule, Func<T, ShortId> peer) => rule
        .Must((command, address) => address is null || IsDomainOf(address, peer(command)))
        .WithErrorCode("domain_mismatch")
        .WithMessage("The address is a DNS name that begins with the first six characters of the peer's ID and a dot.");

    /// <summary>Whether this is a DNS name without a port, whose first label is the short ID.</summary>
    public static bool IsDomainOf(string domain, ShortId peer) =>
        domain.Length <= MaxDomain
        && domain.StartsWith($"{peer}.", StringComparison.OrdinalIgnoreCase)
        && domain.Split('.').All(IsLabel);

    /// <summary>The peer's name in this Portal's own zone.</summary>
    public static string ZoneName(this Portal self, ShortId peer) => $"{peer}{self.Domain[ShortId.Length..]}";

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
