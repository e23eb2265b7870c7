using System.Net.Sockets;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Why a peer could not be reached: one code and one sentence for each cause, the codes as in docs/protocol.md.</summary>
internal sealed record PeerFault(string Code, string Message)
{
    public static readonly PeerFault NameUnresolved =
        new("name_unresolved", "The peer's name cannot be resolved: DNS has no address for it, or does not answer.");
    public static readonly PeerFault ConnectionRefused = new("connection_refused", "Nothing accepts connections at the peer's address, port 443.");
    public static readonly PeerFault CertificateExpired = new("certificate_expired", "The peer's TLS certificate has expired.");
    public static readonly PeerFault CertificateNotYetValid =
        new("certificate_not_yet_valid", "The peer's TLS certificate is not valid yet; if it is new, this server's clock may be behind.");
    public static readonly PeerFault CertificateNameWrong = new("certificate_name_wrong", "The peer's TLS certificate was issued for another name.");
    public static readonly PeerFault CertificateAuthorityUnknown =
        new("certificate_authority_unknown", "The peer's TLS certificate was issued by an authority that this Portal does not trust.");
    public static readonly PeerFault CertificateChainIncomplete =
        new("certificate_chain_incomplete", "The peer's server does not send the intermediate certificate of the authority that issued its own.");
    public static readonly PeerFault CertificateInvalid = new("certificate_invalid", "The peer's TLS certificate is not valid for a web server.");
    public static readonly PeerFault TlsFailed = new("tls_failed", "The peer's server did not complete the TLS handshake.");
}

/// <summary>Turns an exception of a request to a peer into a refusal that names the cause.</summary>
internal static class PeerFailure
{
    /// <summary>The one code that apps see for a peer that cannot be reached, whatever the cause.</summary>
    public const string Unreached = "peer_unreachable";

    private const string InvalidAnswer = "answer_invalid";

    public static bool IsOne(Exception e) => e is HttpRequestException or IOException or OperationCanceledException or TimeoutException;

    /// <param name="e">One for which <see cref="IsOne"/> holds, and not the caller's own cancellation.</param>
    /// <returns><c>peer_timeout</c>, <c>answer_invalid</c>, <c>peer_unreachable</c>, or the code of a <see cref="PeerFault"/>.</returns>
    public static RefusedException Of(Exception e) => e switch
    {
        OperationCanceledException or TimeoutException => TimedOut("The peer took too long."),
        HttpRequestException { InnerException: TargetRefusedException } => Unreachable("The peer's name leads to an address that is not public and that this Portal does not allow."),
        HttpRequestException { InnerException: OperationCanceledException or TimeoutException } => TimedOut("The peer took too long to connect."),
        HttpRequestException { InnerException: CertificateRefusedException refused } => Of(refused.Fault),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Of(PeerFault.TlsFailed),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => AnswerInvalid("it is not well-formed"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            AnswerInvalid($"its head is larger than {PlainHandler.MaxHeadKib} KiB"),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError } =>
            Connecting(e.GetBaseException() as SocketException),
        _ => Unreachable("The connection to the peer broke before it had answered."),
    };

    /// <summary>The same refusal as an app sees it: one code for a peer that cannot be reached, the cause in the sentence.</summary>
    public static RefusedException ForApps(RefusedException refused) =>
        refused is { Kind: RefusalKind.Unreachable, Code: not InvalidAnswer } ? Unreachable(refused.Message, refused.RetryAfter) : refused;

    public static RefusedException Unreachable(string message, TimeSpan? retryAfter = null) =>
        new(RefusalKind.Unreachable, Unreached, message) { RetryAfter = retryAfter };

    /// <param name="why">A clause, such as <c>it has two lengths</c>.</param>
    public static RefusedException AnswerInvalid(string why) =>
        new(RefusalKind.Unreachable, InvalidAnswer, $"The peer's answer is not valid HTTP: {why}.");

    public static RefusedException TimedOut(string message) => new(RefusalKind.TimedOut, "peer_timeout", message);

    private static RefusedException Of(PeerFault fault) => new(RefusalKind.Unreachable, fault.Code, fault.Message);

    private static RefusedException Connecting(SocketException? e) => e?.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain or SocketError.NoRecovery => Of(PeerFault.NameUnresolved),
        SocketError.ConnectionRefused => Of(PeerFault.ConnectionRefused),
        SocketError.TimedOut => TimedOut("The peer took too long to connect."),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => Unreachable("No network route leads to the peer's address."),
        _ => Unreachable("The connection to the peer could not be opened."),
    };
}
