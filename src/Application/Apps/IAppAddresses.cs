using System.Net;

namespace PeerRegistry.Application.Apps;

/// <summary>Finds the container that has an address. The result is at most two seconds old.</summary>
public interface IAppAddresses
{
    /// <returns>The container's name, or null if no container has this address, several claim it, or the engine cannot be asked.</returns>
    ValueTask<string?> Find(IPAddress address, CancellationToken ct);
}
