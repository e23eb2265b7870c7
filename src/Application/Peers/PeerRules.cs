using System.Globalization;
using FluentValidation;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Rules for input about peers, from the owner and from the peers themselves.</summary>
public static class PeerRules
{
    private const int MaxDomain = 253;
    private const int HttpsPort = 443;

    public static IRuleBuilderOptions<T, string?> MustBeDomainOf<T>(this IRuleBuilder<T, string?> rule, Func<T, ShortId> peer) => rule
        .Must((command, address) => address is null || IsDomainOf(address, peer(command)))
        .WithErrorCode("domain_mismatch")
        .WithMessage("Their domain begins with the first six characters of their ID and a dot, and may end in a colon and a port. Copy it from the address of their page.");

    /// <summary>Whether this is a DNS name whose first label is the short ID, with a port behind it or without.</summary>
    public static bool IsDomainOf(string address, ShortId peer)
    {
        var host = HostOf(address);
        return host.Length <= MaxDomain
            && host.StartsWith($"{peer}.", StringComparison.OrdinalIgnoreCase)
            && host.Split('.').All(IsLabel)
            && (host.Length == address.Length || IsPort(address[(host.Length + 1)..]));
    }

    /// <summary>The name in an address, without its port.</summary>
    public static string HostOf(string address) => address.Split(':', 2)[0];

    /// <summary>The address in what was typed for one, such as the link of a page. Other text is returned as it is, to be refused with its reason.</summary>
    public static string AddressIn(string typed)
    {
        try
        {
            return PastedPeer.Parse(typed).Address ?? typed;
        }
        catch (RefusedException)
        {
            return typed;
        }
    }

    /// <summary>The address at which a Portal is reached that says that it has this domain and, if it is not 443, this port.</summary>
    public static string Address(string domain, int? port) =>
        port is null or HttpsPort ? domain : string.Create(CultureInfo.InvariantCulture, $"{domain}:{port}");

    /// <summary>The port that a Portal says of itself, or null if it is the usual one.</summary>
    public static int? AnnouncedPort(RegistryOptions options) => options.Portal.PublicPort == HttpsPort ? null : options.Portal.PublicPort;

    /// <summary>The peer's name in this Portal's own zone.</summary>
    public static string ZoneName(this Portal self, ShortId peer) => $"{peer}.{self.Zone}";

    /// <summary>Whether this is a port other than 443, which is never written, in its shortest spelling.</summary>
    private static bool IsPort(string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is not (0 or HttpsPort) && text[0] != '0';

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}
