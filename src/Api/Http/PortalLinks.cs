using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>Links that people pass on.</summary>
internal static class PortalLinks
{
    /// <summary>The public page, with the full ID behind <c>#</c>: opened it shows the Portal, pasted into "add a peer" it names it beyond doubt.</summary>
    public static string Card(this PublicUrl url, PortalSnapshot portal) => $"{url.Portal(portal)}/#{portal.Portal.Id}";

    /// <summary>Whether nobody but this machine can reach the Portal under its name, and no names were given by hand, as the demo does.</summary>
    public static bool IsAlone(PortalRow portal, RegistryOptions options) =>
        portal.Domain.EndsWith(".localhost", StringComparison.Ordinal) && options.Peering.Resolve.Count == 0;
}
