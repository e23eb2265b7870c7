using Microsoft.AspNetCore.Authentication;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;

namespace PeerRegistry.Api.Hosting;

internal static class AccessModule
{
    /// <summary>Adds authentication, the <see cref="Policies"/> and the rate limits.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<PublicUrl>();
        services.AddSingleton<OwnerSession>();
        services.AddSingleton<PairingLimits>();
        services.AddSingleton<AppCallers>();
        services.AddSingleton<AppAuthorizer>();
        services.AddSingleton<AppRefusal>();
        services.AddSingleton<IMiddlewareRoutes, ForwardAuthRoutes>();
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, OwnerAuthentication>(OwnerAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, AppAuthentication>(AppAuthentication.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Policies.Owner, policy => policy.AddAuthenticationSchemes(OwnerAuthentication.SchemeName).RequireAuthenticatedUser())
            .AddPolicy(Policies.App, policy => policy.AddAuthenticationSchemes(AppAuthentication.SchemeName).RequireAuthenticatedUser());
        return services.AddLimits();
    }
}
