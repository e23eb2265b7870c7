using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

/// <param name="Header">The name of the header in which the proxy sends it.</param>
internal sealed record ProxySecretAnswer(string Header, string Secret);

/// <summary>Gives an app the secret that identifies the Portal's proxy, on the internal listener.</summary>
internal static class ProxySecretEndpoint
{
    public static void MapProxySecret(this IEndpointRouteBuilder inner) =>
        inner.MapGet("/protected/proxy-secret", Show).WithTags("Apps").RequireAuthorization(Policies.App).WithName("app.proxy-secret")
            .WithSummary("Shows the secret that the Portal's proxy sends with every request to the calling app.").Refuses(404, "app_unknown");

    private static ProxySecretAnswer Show(CurrentPortal portal, IProxySecrets secrets, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        var app = portal.RequireApp(portal.App!);
        return new(ProxySecret.Header, secrets.Of(portal.Id, app));
    }
}
