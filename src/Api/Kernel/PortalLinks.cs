using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Kernel;

/// <summary>Addresses as a browser anywhere reaches them: https, the Portal's domain, and the public port where it is not 443.</summary>
internal sealed class PortalLinks(RegistryOptions options)
{
    /// <returns>Without a slash at the end.</returns>
    public string Origin(PortalRow portal) => $"https://{portal.Domain}{(options.Portal.PublicPort == 443 ? "" : $":{options.Portal.PublicPort}")}";

    /// <summary>The public page, with the full ID behind <c>#</c>: opened it shows the Portal, pasted into "add a peer" it names it beyond doubt.</summary>
    public string Card(PortalRow portal) => $"{Origin(portal)}/#{portal.Id}";

    public string Invite(PortalRow portal, string code) => $"{Origin(portal)}/invite/{portal.Id}.{code}";

    public string Pair(PortalRow portal, string code) => $"{Origin(portal)}/pair?code={code}";

    /// <summary>Whether nobody but this machine can reach us under this name.</summary>
    public static bool IsLocalOnly(PortalRow portal) => portal.Domain.EndsWith(".localhost", StringComparison.Ordinal);

    /// <param name="id">The peer's; a peer elsewhere is on the standard port.</param>
    public static string Elsewhere(string domain, PortalId? id) => id is { } known ? $"https://{domain}/#{known}" : $"https://{domain}/";
}
