namespace PeerRegistry.Api.Http;

internal static class Policies
{
    /// <summary>Requires a paired device, by cookie or bearer token, on the edge.</summary>
    public const string Owner = nameof(Owner);

    /// <summary>Requires an app, by its token, on the internal listener. <see cref="CurrentPortal"/> is the app's Portal.</summary>
    public const string App = nameof(App);
}
