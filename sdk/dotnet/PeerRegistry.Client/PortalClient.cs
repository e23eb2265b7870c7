namespace PeerRegistry.Client;

/// <summary>What an app may ask the core of its Portal. One for the whole program; it may be used by several threads at once.</summary>
public sealed class PortalClient : IDisposable
{
    private readonly PortalOptions options;
    private readonly CoreSender core;
    private readonly CallPeerHandler calls;

    /// <param name="options">Null for what the environment says.</param>
    /// <param name="inner">Sends to the core, or null for a handler of its own.</param>
    public PortalClient(PortalOptions? options = null, HttpMessageHandler? inner = null)
    {
        this.options = options ??= new PortalOptions();
        (core, calls) = (new CoreSender(options, inner), new CallPeerHandler(options, inner));
        Deferred = new DeferredCalls(core);
    }

    /// <summary>Calls that are delivered when the peer answers, which may be off now.</summary>
    public DeferredCalls Deferred { get; }

    /// <summary>The peers that this app may see, by short ID.</summary>
    /// <param name="name">Part of the name, ignoring case, or null for all.</param>
    /// <exception cref="PortalException">The core refused.</exception>
    public IAsyncEnumerable<Peer> Peers(string? name = null, CancellationToken ct = default) => core.ReadPages(
        "/protected/peers", name is null ? "" : $"&name={Uri.EscapeDataString(name)}", PortalJson.Default.PeerArray, peer => peer.ShortId, ct);

    /// <param name="id">The full or the short ID.</param>
    /// <exception cref="PortalException"><c>peer_unknown</c>: there is no such peer, or this app may not see it.</exception>
    public async Task<Peer> Peer(string id, CancellationToken ct = default) =>
        (await core.Read($"/protected/peers/{Uri.EscapeDataString(id)}", PortalJson.Default.Peer, ct)).Value;

    /// <summary>Where this app runs, and under which name.</summary>
    /// <exception cref="PortalException">The core refused.</exception>
    public async Task<PortalSelf> DescribeSelf(CancellationToken ct = default) =>
        (await core.Read("/protected/self", PortalJson.Default.PortalSelf, ct)).Value;

    /// <summary>
    /// What becomes of the peers that this app sees, for ever: a stream that ends is opened again, and goes on where it was.
    /// </summary>
    /// <param name="lastEventId">The last <see cref="PeerEvent.Id"/> that you have stored, or null to begin with the present state.</param>
    /// <exception cref="PortalException">The core refused, other than because it is busy.</exception>
    public IAsyncEnumerable<PeerEvent> Events(string? lastEventId = null, CancellationToken ct = default) =>
        new PeerEventStream(core, options).Read(lastEventId, ct);

    /// <summary>
    /// With what the core signs the events that it posts to this app, for <see cref="Webhook.Read"/>. It stays the same until the app is removed.
    /// </summary>
    /// <exception cref="PortalException">The core refused.</exception>
    public async Task<string> WebhookSecret(CancellationToken ct = default) =>
        (await core.Read("/protected/webhook-secret", PortalJson.Default.WebhookSecretAnswer, ct)).Value.Secret;

    /// <exception cref="PortalException"><c>permission_not_granted</c>: the description asks for <c>profile</c>, and the owner grants it.</exception>
    public async Task<OwnerProfile> Profile(CancellationToken ct = default) =>
        (await core.Read("/protected/profile", PortalJson.Default.OwnerProfile, ct)).Value;

    /// <summary>The owner's picture, a PNG, JPEG, GIF or WebP file.</summary>
    /// <exception cref="PortalException"><c>avatar_unknown</c>: there is none; <c>permission_not_granted</c>, as of <see cref="Profile"/>.</exception>
    public async Task<byte[]> Avatar(CancellationToken ct = default)
    {
        using var answer = await core.Ask(HttpMethod.Get, "/protected/profile/avatar", ct);
        return await answer.Content.ReadAsByteArrayAsync(ct);
    }

    /// <summary>The owner's devices, by ID.</summary>
    /// <exception cref="PortalException"><c>permission_not_granted</c>: the description asks for <c>devices</c>, and the owner grants it.</exception>
    public IAsyncEnumerable<OwnerDevice> Devices(CancellationToken ct = default) =>
        core.ReadPages("/protected/devices", "", PortalJson.Default.OwnerDeviceArray, device => device.Id, ct);

    /// <summary>It stays the same until the app is removed.</summary>
    /// <exception cref="PortalException">The core refused.</exception>
    public async Task<ProxySecret> ProxySecret(CancellationToken ct = default) =>
        (await core.Read("/protected/proxy-secret", PortalJson.Default.ProxySecret, ct)).Value;

    /// <returns>A client of the same app on this peer's Portal, as of <see cref="CallPeerHandler"/>. It need not be disposed of.</returns>
    /// <param name="id">The full or the short ID.</param>
    public HttpClient Caller(string id) => new(calls, disposeHandler: false) { BaseAddress = new Uri($"https://{id}/") };

    public void Dispose()
    {
        core.Dispose();
        calls.Dispose();
    }
}
