using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <param name="App">Null: addressed to the core.</param>
/// <param name="Path">As asked for, with the query; cut after 1,024 characters.</param>
/// <param name="KeyId">As claimed, so it proves nothing.</param>
/// <param name="Reason">One of <see cref="SignatureReasons"/>.</param>
/// <param name="SignatureBase">What would have had to be signed, where that could be told; cut after 2,048 characters.</param>
public sealed record RefusedCall(DateTimeOffset At, string? App, string Path, string? KeyId, string Reason, string? SignatureBase);

/// <summary>
/// The last thousand refused signatures of each Portal, at most fifty of them from one network, in the memory of this node. For the owner;
/// callers only see 401.
/// </summary>
public interface IRefusedCalls
{
    /// <summary>Remembers and logs a verdict that has a <see cref="SignatureVerdict.Reason"/>.</summary>
    /// <param name="network">Where the call came from: a /24 or /48.</param>
    void Record(PortalId portal, string? app, string path, string network, SignatureVerdict verdict);

    /// <returns>The latest first.</returns>
    IReadOnlyList<RefusedCall> Latest(PortalId portal, int limit);
}
