using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace PeerRegistry.Client.Identity;

public sealed class PortalAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <value>What the proxy sends in <c>X-Ptl-Proxy-Secret</c>, or null to ask the core once.</value>
    public string? ProxySecret { get; set; }
}

/// <summary>The roles of callers, for <c>RequireRole</c>. An anonymous caller has none.</summary>
public static class PortalRoles
{
    /// <summary>A device of the owner.</summary>
    public const string Owner = "terminal";

    /// <summary>A Portal that the owner lets this app see.</summary>
    public const string Peer = "peer";
}

public static class PortalAuthentication
{
    public const string Scheme = "Portal";

    /// <summary>
    /// Takes the caller's identity from the Portal's proxy. Every request that did not come through it is answered 403, and a peer's body that differs from the
    /// one it signed cannot be read to its end. A <see cref="PortalOptions"/> and a <see cref="PortalClient"/> are added unless the app has its own.
    /// </summary>
    public static AuthenticationBuilder AddPortal(this AuthenticationBuilder builder, Action<PortalAuthenticationOptions>? configure = null)
    {
        builder.Services.TryAddSingleton<PortalOptions>();
        builder.Services.TryAddSingleton(services => new PortalClient(services.GetRequiredService<PortalOptions>()));
        builder.Services.TryAddSingleton<ExpectedSecret>();
        return builder.AddScheme<PortalAuthenticationOptions, PortalAuthenticationHandler>(Scheme, configure);
    }
}
