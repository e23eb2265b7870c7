using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <param name="App">Null if the call was addressed to the core.</param>
/// <param name="Path">The requested path with its query, truncated after 1,024 characters.</param>
/// <param name="KeyId">The claimed key, which proves nothing.</param>
/// <param name="Reason">One of <see cref="SignatureReasons"/>.</param>
/// <param name="SignatureBase">The signature base that was expected, if it is known, truncated after 2,048 characters.</param>
/// <param name="Network">The caller's network, a /24 or /48.</param>
public sealed record RefusedCall(
    DateTimeOffset At, string? App, string Path, string? KeyId, string Reason, string? SignatureBase, string Network);

/// <summary>
/// Keeps the last thousand refused signatures of each Portal, at most fifty of them from one network, in the memory of this node. They are for the
/// owner; callers only see 401.
/// </summary>
public interface IRefusedCalls
{
    /// <summary>Stores and logs a verdict that has a <see cref="SignatureVerdict.Reason"/>.</summary>
    /// <param name="network">The caller's network, a /24 or /48.</param>
    void Record(PortalId portal, string? app, string path, string network, SignatureVerdict verdict);

    /// <returns>The latest first.</returns>
    IReadOnlyList<RefusedCall> Latest(PortalId portal, int limit);
}
