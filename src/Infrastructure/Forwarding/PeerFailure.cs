using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>What went wrong on the way to a peer, in the two words that callers know.</summary>
internal static class PeerFailure
{
    public static bool IsOne(Exception e) => e is HttpRequestException or IOException or OperationCanceledException or TimeoutException;

    /// <param name="e">One for which <see cref="IsOne"/> holds, and not the caller's own cancellation.</param>
    public static RefusedException Of(Exception e) => e switch
    {
        OperationCanceledException or TimeoutException => TimedOut("The peer took too long."),
        HttpRequestException { InnerException: TargetRefusedException } => Unreachable("The peer's name leads to an address that is not public."),
        HttpRequestException { InnerException: OperationCanceledException or TimeoutException } => TimedOut("The peer took too long to connect."),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Unreachable("The peer's name is not known."),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Unreachable("The peer's TLS certificate is not trusted, or TLS failed."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Unreachable("The peer does not answer."),
        _ => Unreachable("The connection to the peer broke, or its answer was not HTTP."),
    };

    public static RefusedException Unreachable(string message, TimeSpan? retryAfter = null) =>
        new(RefusalKind.Unreachable, "peer_unreachable", message) { RetryAfter = retryAfter };

    public static RefusedException TimedOut(string message) => new(RefusalKind.TimedOut, "peer_timeout", message);
}
