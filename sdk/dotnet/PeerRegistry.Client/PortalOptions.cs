namespace PeerRegistry.Client;

/// <summary>How an app reaches the core of its Portal.</summary>
public sealed class PortalOptions
{
    /// <value>The core's internal listener. Default: <c>PORTAL_CORE_URL</c>, else <c>http://portal_core</c>.</value>
    public Uri Core { get; set; } = new(Environment.GetEnvironmentVariable("PORTAL_CORE_URL") is { Length: > 0 } given ? given : "http://portal_core");

    /// <value>The app's token, or null if the core knows the app by its container. Default: <c>PORTAL_APP_TOKEN</c>.</value>
    public string? Token { get; set; } = Environment.GetEnvironmentVariable("PORTAL_APP_TOKEN") is { Length: > 0 } given ? given : null;

    /// <value>How often a request is sent again after 429 or 503. Default 3.</value>
    public int MaxRetries { get; set; } = 3;

    /// <value>If <c>Retry-After</c> asks for a longer wait, the request is not sent again. Default 30 s.</value>
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(30);

    public TimeProvider Clock { get; set; } = TimeProvider.System;
}
