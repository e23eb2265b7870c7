using System.Net;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="IsPublic">Whether the whole internet can have a route to it.</param>
public readonly record struct FoundAddress(IPAddress Address, bool IsPublic);

/// <summary>Asks the Portal's own names, as a peer would.</summary>
public interface IOwnNames
{
    /// <summary>Whether <c>Peering:Resolve</c> says where the host is, so that DNS is not asked.</summary>
    bool IsFixed(string host);

    /// <returns>None if the name cannot be resolved.</returns>
    Task<IReadOnlyList<FoundAddress>> Resolve(string host, CancellationToken ct);

    /// <param name="host">The Portal's own, or that of one of its apps.</param>
    /// <returns>The status of the answer.</returns>
    /// <exception cref="Domain.Common.RefusedException">Those of a request to a peer that concern the network.</exception>
    Task<int> Ask(string host, int port, string target, CancellationToken ct);
}

/// <summary>How a request of <see cref="CheckReach"/> came in at a listener.</summary>
/// <param name="Host">As it arrived; for a question of a proxy, what it says that it has received.</param>
/// <param name="From">The address that opened the connection.</param>
/// <param name="ByItself">Whether it came over the core's own TLS, without a proxy.</param>
/// <param name="HasCaller">Whether a proxy added the caller's address.</param>
/// <param name="IsTrusted">Whether <c>Edge:TrustedProxies</c> has <paramref name="From"/>.</param>
/// <param name="TrustsNobody">Whether the operator has said that no proxy is believed.</param>
/// <param name="Asked">Whether a proxy asked about it, instead of passing it on.</param>
/// <param name="NamesHost">Whether that question names the app's host, as the printed configurations do.</param>
public sealed record ReachArrival(string Host, string From, bool ByItself, bool HasCaller, bool IsTrusted, bool TrustsNobody, bool Asked, bool NamesHost);

/// <summary>A request that is to come back to this process.</summary>
public interface IReachProbe : IDisposable
{
    /// <summary>128 random bits in base64url, by which it is recognised.</summary>
    string Nonce { get; }

    /// <summary>Null if it has not arrived.</summary>
    ReachArrival? Arrival { get; }
}

public interface IReachArrivals
{
    IReachProbe Open();
}

/// <summary>What the answers of peers said about the clock.</summary>
public interface IPeerClocks
{
    /// <returns>By how much the clock of each peer that answered within the last day is at least ahead of ours.</returns>
    IReadOnlyList<TimeSpan> Offsets(PortalId portal);
}
