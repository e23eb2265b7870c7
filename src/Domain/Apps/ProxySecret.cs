namespace PeerRegistry.Domain.Apps;

/// <summary>
/// Whoever reaches an app's container can send it <c>X-Ptl-Client-Type: terminal</c>. So the Portal's proxy adds a secret to each request, which
/// only it and the app know: without it, a request did not come through the proxy, and nothing that it says of its caller was verified.
/// </summary>
public static class ProxySecret
{
    public const string Header = "X-Ptl-Proxy-Secret";
}
