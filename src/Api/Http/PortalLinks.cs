using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Http;

/// <summary>Makes the links that people share.</summary>
internal static class PortalLinks
{
    /// <summary>The public page with the full ID after <c>#</c>. Pasted into "add a peer", the link identifies the Portal unambiguously.</summary>
    public static string Card(this PublicUrl url, PortalSnapshot portal) => $"{url.Portal(portal)}/#{portal.Portal.Id}";

    /// <summary>Whether only this machine can reach the Portal under its name, and no name lookup is configured, as in the demo.</summary>
    public static bool IsAlone(Portal portal, RegistryOptions options) =>
        portal.Domain.EndsWith(".localhost", StringComparison.Ordinal) && options.Peering.Resolve.Count == 0;
}
