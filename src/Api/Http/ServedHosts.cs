using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>
/// <c>GET /internal/hosts?domain=</c>: 200 if a Portal here or one of its apps has this host name, else 404. A proxy that gets certificates on demand asks
/// this before it does, so that nobody else's names make it ask for some.
/// </summary>
internal static class ServedHosts
{
    public const string Path = "/internal/hosts";

    public static void MapServedHosts(this IEndpointRouteBuilder inner) =>
        inner.MapGet(Path, Find).WithName("gateway.hosts")
            .WithSummary("Tells a proxy whether a host name belongs to a Portal here, before it asks for a certificate.")
            .Refuses(404, "not_found").WithTags("Gateway");

    private static IResult Find(string domain, IPortalSnapshots snapshots)
    {
        var host = domain.ToLowerInvariant();
        return snapshots.FindByHost(host) is { } portal
            && (host.Length == portal.Portal.Domain.Length || portal.Apps.ContainsKey(host[..^(portal.Portal.Domain.Length + 1)]))
                ? Results.Ok()
                : Results.NotFound();
    }
}
