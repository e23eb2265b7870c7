using System.Net;

namespace PeerRegistry.Application.Apps;

/// <summary>Which container has an address now. What it says is at most five seconds old.</summary>
public interface IAppAddresses
{
    /// <returns>The container's name; null where no container has this address, or nobody can be asked.</returns>
    ValueTask<string?> Find(IPAddress address, CancellationToken ct);
}
