using System.Globalization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Peers;

/// <summary>Why a peer's Portal could not be reached: one stable code for each cause (docs/protocol.md lists them), and what to do about it.</summary>
/// <param name="Message">Complete sentences for the owner: first the cause, then what to do.</param>
public sealed record PeerFault(string Code, string Message, RefusalKind Kind = RefusalKind.Unreachable)
{
    public static readonly PeerFault NameUnresolved = new("name_unresolved",
        "DNS has no address for this name. Check how it is spelled. A new name can take some hours until it is known everywhere.");
    public static readonly PeerFault NameServerSilent = new("name_server_silent",
        "The name could not be looked up, because no DNS server answered. Check this server's connection and its DNS settings.");
    public static readonly PeerFault AddressNotPublic = new("address_not_public",
        "The name leads to an address that is not public, and this Portal is not allowed to connect there. Check the peer's DNS entry."
        + " The operator can allow a network with Peering__AllowedNetworks.");
    public static readonly PeerFault ConnectionRefused = new("connection_refused",
        "The computer is there, but nothing accepts connections at this port. Their Portal or the proxy before it is not running. Ask them to start it.");
    public static readonly PeerFault NetworkUnreachable = new("network_unreachable",
        "No network route leads to the address. Check this server's connection. If it works, ask them whether their server is online.");
    public static readonly PeerFault ConnectionBroken = new("connection_broken",
        "The connection broke before an answer came. Their Portal may be restarting. It is worth trying again in a minute.");
    public static readonly PeerFault TimedOut = new("peer_timeout",
        "No answer came in time. Their server may be switched off, overloaded or behind a firewall. Ask them whether it is online.", RefusalKind.TimedOut);
    public static readonly PeerFault CertificateExpired = new("certificate_expired",
        "Their TLS certificate has expired. Ask them to renew it. If it is valid, this server's clock is ahead.");
    public static readonly PeerFault CertificateNotYetValid = new("certificate_not_yet_valid",
        "Their TLS certificate is not valid yet. If it is new, this server's clock is probably behind. Set it right, or ask them to check the certificate.");
    public static readonly PeerFault CertificateNameWrong = new("certificate_name_wrong",
        "Their TLS certificate was issued for another name. Check the domain. If it is right, ask them for a certificate that covers it and *.{domain} for their apps.");
    public static readonly PeerFault CertificateAuthorityUnknown = new("certificate_authority_unknown",
        "Their TLS certificate comes from an authority that this Portal does not know, or they signed it themselves."
        + " Ask them for a certificate of a public authority, or have the operator add theirs to Peering__TrustedCertificates.");
    public static readonly PeerFault CertificateChainIncomplete = new("certificate_chain_incomplete",
        "Their server sends its TLS certificate without the intermediate one. Browsers often hide this fault. Ask them to configure the full chain.");
    public static readonly PeerFault CertificateInvalid = new("certificate_invalid",
        "Their TLS certificate is not valid for a web server. Ask them to replace it.");
    public static readonly PeerFault TlsFailed = new("tls_failed",
        "Their server does not speak TLS at this port, or the TLS handshake failed. Check the port. If it is right, ask them to check their proxy.");
    public static readonly PeerFault NotAPortal = new("not_a_portal",
        "A web server answers at this address, but it is not a Portal. Check the address. If it is right, ask them whether their proxy passes /core/ on to their Portal.");
    public static readonly PeerFault PageInstead = new("page_instead",
        "Something before their Portal, such as a CDN, a firewall or a proxy, answers with a page of its own. Ask them to let requests to /core/ pass.");
    public static readonly PeerFault AnswerInvalid = new("answer_invalid",
        "The answer is malformed. Their Portal may be of another version. Ask them to update it, and to check what stands before it.");
    public static readonly PeerFault ClockSkew = new("clock_skew",
        "Their clock and this server's are more than 5 seconds apart, so signatures are refused. Have both set by the network (NTP).");
    public static readonly PeerFault AnswerUnsigned = new("answer_unsigned",
        "The answer does not carry the required signature. Something between the two Portals changes answers. Ask them to check what stands before their Portal.");
    public static readonly PeerFault Busy = new("peer_busy",
        "Their Portal is busy and asks to be contacted later. There is nothing to do but wait.");
    public static readonly PeerFault Refused = new("peer_refused",
        "Their Portal does not accept this Portal's signature. Compare your IDs with them, and have both Portals updated.");
    public static readonly PeerFault StatusUnexpected = new("status_unexpected",
        "Their server reports a fault of its own. Ask them to look into the log of their Portal or of the proxy before it.");
    public static readonly PeerFault KeyMismatch = new("key_mismatch",
        "The Portal there gave an ID that does not belong to its key. Do not trust it. Ask them some other way, such as by phone, for their address.", RefusalKind.Conflict);
    public static readonly PeerFault DomainMismatch = new("domain_mismatch",
        "The Portal at this address says that its domain is another one. Ask them for their present address.", RefusalKind.Conflict);
    public static readonly PeerFault IdentityRefused = new("identity_refused",
        "Another Portal answers at this address than the one that was meant. Ask them some other way, such as by phone, for their ID and address.", RefusalKind.Conflict);

    /// <summary>Every cause, for the pages and the documentation.</summary>
    public static readonly IReadOnlyList<PeerFault> All =
    [
        NameUnresolved, NameServerSilent, AddressNotPublic, ConnectionRefused, NetworkUnreachable, ConnectionBroken, TimedOut, CertificateExpired,
        CertificateNotYetValid, CertificateNameWrong, CertificateAuthorityUnknown, CertificateChainIncomplete, CertificateInvalid, TlsFailed, NotAPortal,
        PageInstead, AnswerInvalid, ClockSkew, AnswerUnsigned, Busy, Refused, StatusUnexpected, KeyMismatch, DomainMismatch, IdentityRefused,
    ];

    /// <summary>As far ahead as a signature may have been made (docs/protocol.md, "Verification").</summary>
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromSeconds(5);

    /// <summary>The refusal for two clocks that differ, or null if signatures allow for it.</summary>
    /// <param name="offset">By how much the peer's clock is at least ahead of ours; negative if it is behind.</param>
    public static RefusedException? Skew(TimeSpan offset) => offset.Duration() <= TolerableSkew ? null : ClockSkew.Refusal(string.Create(
        CultureInfo.InvariantCulture, $"Their clock is {offset.Duration().TotalSeconds:F0} s {(offset > TimeSpan.Zero ? "ahead of" : "behind")} this Portal's."));

    /// <param name="detail">A sentence that says more about this one case, put behind the usual ones, or null.</param>
    public RefusedException Refusal(string? detail = null, TimeSpan? retryAfter = null) =>
        new(Kind, Code, detail is null ? Message : $"{Message} {detail}") { RetryAfter = retryAfter };
}
