using System.Net.Sockets;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Turns an exception of a request to a peer into a refusal that names the cause.</summary>
internal static class PeerFailure
{
    /// <summary>The one code that apps see for a peer that cannot be reached. The cause is in <see cref="RefusedException.Reason"/>.</summary>
    public const string Unreached = "peer_unreachable";

    public static bool IsOne(Exception e) => e is HttpRequestException or IOException or OperationCanceledException or TimeoutException;

    /// <param name="e">One for which <see cref="IsOne"/> holds, and not the caller's own cancellation.</param>
    /// <returns>A refusal with the code of a <see cref="PeerFault"/>.</returns>
    public static RefusedException Of(Exception e) => e switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            AnswerInvalid($"its head is larger than {PlainHandler.MaxHeadKib} KiB"),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse } => AnswerInvalid("it is not valid HTTP"),
        _ => Fault(e).Refusal(),
    };

    /// <summary>The same refusal as an app sees it: one code for a peer that cannot be reached, and the cause as its reason.</summary>
    public static RefusedException ForApps(RefusedException refused) => refused.Kind == RefusalKind.Unreachable && refused.Code != PeerFault.AnswerInvalid.Code
        ? Unreachable(refused.Code, refused.Message, refused.RetryAfter)
        : refused;

    /// <param name="reason">The code of a <see cref="PeerFault"/>.</param>
    public static RefusedException Unreachable(string reason, string message, TimeSpan? retryAfter = null) =>
        new(RefusalKind.Unreachable, Unreached, message) { Reason = reason, RetryAfter = retryAfter };

    /// <param name="why">A clause, such as <c>it has two lengths</c>.</param>
    public static RefusedException AnswerInvalid(string why) => PeerFault.AnswerInvalid.Refusal($"Here, {why}.");

    /// <param name="message">The limit of a call that was exceeded.</param>
    public static RefusedException TimedOut(string message) => new(RefusalKind.TimedOut, PeerFault.TimedOut.Code, message);

    private static PeerFault Fault(Exception e) => e switch
    {
        OperationCanceledException or TimeoutException => PeerFault.TimedOut,
        HttpRequestException { InnerException: TargetRefusedException } => PeerFault.AddressNotPublic,
        HttpRequestException { InnerException: OperationCanceledException or TimeoutException } => PeerFault.TimedOut,
        HttpRequestException { InnerException: CertificateRefusedException refused } => refused.Fault,
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => PeerFault.TlsFailed,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError } =>
            Connecting((e.GetBaseException() as SocketException)?.SocketErrorCode),
        _ => PeerFault.ConnectionBroken,
    };

    private static PeerFault Connecting(SocketError? error) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData => PeerFault.NameUnresolved,
        SocketError.TryAgain or SocketError.NoRecovery => PeerFault.NameServerSilent,
        SocketError.ConnectionRefused => PeerFault.ConnectionRefused,
        SocketError.TimedOut => PeerFault.TimedOut,
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown => PeerFault.NetworkUnreachable,
        _ => PeerFault.ConnectionBroken,
    };
}
