namespace PeerRegistry.Client;

/// <summary>
/// Lets an <see cref="HttpClient"/> call the same app on a peer's Portal. The host of an address is the peer's ID, full or short, and the rest is path and query
/// there: <c>https://{id}/postcards?x=1</c>; <c>portal://</c> means the same, and <c>wss://</c> is for a <c>ClientWebSocket</c>. Bodies stream both ways.
/// A problem of the core is thrown as a <see cref="PortalException"/>; every answer of the peer's app is returned, an error among them.
/// </summary>
/// <param name="options">Null for what the environment says.</param>
/// <param name="inner">Sends to the core, or null for a handler of its own.</param>
public sealed class CallPeerHandler(PortalOptions? options = null, HttpMessageHandler? inner = null) : HttpMessageHandler
{
    private readonly CoreSender core = new(options ?? new PortalOptions(), inner);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        core.Send(request, Target(request.RequestUri), fromPeer: true, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            core.Dispose();
        base.Dispose(disposing);
    }

    internal static string Target(Uri? address) =>
        address is { IsAbsoluteUri: true, Scheme: "https" or "portal" or "wss", IsDefaultPort: true, UserInfo: "" }
            ? $"/internal/call_peer/{Uri.EscapeDataString(address.Host)}{address.PathAndQuery}"
            : throw new HttpRequestException($"{address} does not name a peer. An address is https://{{peer's ID}}/path, without a port.");
}
