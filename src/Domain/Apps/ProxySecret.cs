namespace PeerRegistry.Domain.Apps;

/// <summary>
/// A secret that the Portal's proxy adds to each request to an app, and that only the proxy and the app know. Anything that reaches the app's
/// container can send <c>X-Ptl-Client-Type: terminal</c>; a request without the secret did not come through the proxy, so its identity headers
/// were not verified.
/// </summary>
public static class ProxySecret
{
    public const string Header = "X-Ptl-Proxy-Secret";
}
