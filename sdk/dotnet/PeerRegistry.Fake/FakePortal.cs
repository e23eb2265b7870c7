using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Fake;

/// <summary>
/// A Portal as an app sees it, for tests of the app: what the core's internal listener offers, scripted peers, and the proxy that sends requests to the app.
/// It has one app. A control API for tests in other languages is at <c>/fake</c>.
/// </summary>
public sealed class FakePortal : IAsyncDisposable
{
    private const int MostCalls = 1000;
    private static readonly PublicKey Key = PublicKey.Ed25519(SHA256.HashData("the fake Portal"u8));

    private readonly ConcurrentDictionary<string, FakePeer> peers = new(StringComparer.Ordinal); // by short ID
    private readonly WebApplication host;
    private readonly ImmutableHashSet<string> askedPermissions;
    private ImmutableList<ReceivedCall> calls = [];
    private ImmutableSortedSet<string> permissions = [];

    private FakePortal(FakeOptions options)
    {
        Options = options;
        var meta = options.Description is { } json ? Read(json) : null;
        (App, Rules) = (meta?.Name ?? options.App, meta is null ? null : AccessRules.Compile(meta));
        ProxySecret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        (WebhookSecret, WebhookPath) = (WebhookSignature.SecretOf(RandomNumberGenerator.GetBytes(32)), meta?.Webhook);
        askedPermissions = [.. (meta?.Permissions ?? Enum.GetValues<AppPermission>()).Select(AppPermissions.Word)];
        (Events, Deferred) = (new FakeEvents(this), new DeferredCalls(this));
        host = Host.Build(this);
    }

    public string App { get; }

    /// <summary>The core's internal listener: what the app gets as <c>PORTAL_CORE_URL</c>.</summary>
    public Uri Core => new(host.Urls.First());

    /// <summary>What the app gets as <c>PORTAL_APP_TOKEN</c>.</summary>
    public string Token => Options.Token;

    public string Id => Key.Id.Value;

    public string Domain => $"{Key.Id.Short}.fake.localhost";

    /// <summary>What the proxy sends in <c>X-Ptl-Proxy-Secret</c>.</summary>
    public string ProxySecret { get; }

    /// <summary>With what <see cref="PostEvent"/> signs.</summary>
    public string WebhookSecret { get; }

    /// <summary>The name of the owner.</summary>
    public string Name => "Fake";

    /// <value>The owner's picture as a JPEG. Default: null, for none.</value>
    public ReadOnlyMemory<byte>? Avatar { get; set; }

    /// <summary>What the owner has granted the app to read: <c>profile</c>, <c>devices</c>. At first nothing.</summary>
    public IReadOnlyList<string> Permissions => [.. Volatile.Read(ref permissions)];

    public IReadOnlyCollection<FakePeer> Peers => [.. peers.Values.OrderBy(peer => peer.ShortId, StringComparer.Ordinal)];

    /// <summary>
    /// The last 1000 calls that the app made, oldest first, whatever became of them; not those to peers that may not be called. One that is delivered later is
    /// there from its first attempt on, once.
    /// </summary>
    public IReadOnlyList<ReceivedCall> Calls => Volatile.Read(ref calls);

    internal FakeOptions Options { get; }

    /// <summary>Null if the description of the app names none.</summary>
    internal string? WebhookPath { get; }

    /// <summary>What the app is told of the peers.</summary>
    internal FakeEvents Events { get; }

    internal DeferredCalls Deferred { get; }

    /// <summary>Null if everybody reaches every path.</summary>
    internal AccessRules? Rules { get; }

    /// <exception cref="ArgumentException">No core accepts the description.</exception>
    public static async Task<FakePortal> Start(FakeOptions? options = null)
    {
        var portal = new FakePortal(options ?? new FakeOptions());
        await portal.host.StartAsync();
        return portal;
    }

    /// <summary>Adds a mutual peer that has the app, is visible and answers 200, or returns the one that was added with this name.</summary>
    public FakePeer AddPeer(string name)
    {
        var peer = new FakePeer(name);
        return peers.GetOrAdd(peer.ShortId, peer);
    }

    /// <summary>Removes a peer, as the owner does. The app may not know it from then on.</summary>
    public void Remove(FakePeer peer) => peers.TryRemove(peer.ShortId, out _);

    /// <param name="id">The full ID, the short one, or the name.</param>
    /// <returns>Null if there is none.</returns>
    public FakePeer? Find(string id) => peers.Values.FirstOrDefault(peer => peer.Id == id || peer.ShortId == id || peer.Name == id);

    /// <summary>Grants a permission to the app, or withdraws it.</summary>
    /// <exception cref="ArgumentException">The description of the app does not ask for it, or without one, there is no such permission.</exception>
    public void Grant(string permission, bool granted = true)
    {
        if (!askedPermissions.Contains(permission))
            throw new ArgumentException($"The app does not ask for {permission}.", nameof(permission));
        ImmutableInterlocked.Update(ref permissions, set => granted ? set.Add(permission) : set.Remove(permission));
    }

    /// <summary>Cancels a call that waits to be delivered later, as the owner does.</summary>
    /// <param name="id">The last segment of the address that the app got for it.</param>
    /// <returns>Whether there is such a call.</returns>
    public bool CancelDeferred(string id)
    {
        if (Deferred.Find(id) is not { } call)
            return false;
        Deferred.Cancel(call);
        return true;
    }

    /// <summary>Forgets all peers, calls and permissions.</summary>
    public void Reset()
    {
        peers.Clear();
        ForgetCalls();
        Deferred.Clear();
        Volatile.Write(ref permissions, []);
    }

    public void ForgetCalls() => Volatile.Write(ref calls, []);

    /// <returns>
    /// A client that sends requests to the app as the Portal's proxy does, with <see cref="FakeOptions.AppUrl"/> as its base address. What the rules of the app do not
    /// let pass is answered as the core does, and does not reach the app.
    /// </returns>
    /// <param name="inner">Leads to the app, such as the handler of a test server; null: the network.</param>
    public HttpClient Client(FakeCaller caller, HttpMessageHandler? inner = null) => Client(caller, inner, asCore: false);

    /// <summary>
    /// Posts an event with the peer's present state to the path that <c>webhook</c> in the description of the app names, as the core does, but once.
    /// </summary>
    /// <param name="type">Such as <c>peer_renamed</c>.</param>
    /// <param name="signature">One that is wrong or absent is a request of somebody who is not the core.</param>
    /// <param name="inner">Leads to the app, such as the handler of a test server; null: the network.</param>
    /// <exception cref="InvalidOperationException">The description names no webhook.</exception>
    /// <exception cref="ArgumentException">There is no such event.</exception>
    public async Task<HttpResponseMessage> PostEvent(
        FakePeer peer, string type, Sent signature = Sent.Right, HttpMessageHandler? inner = null, CancellationToken ct = default)
    {
        using var client = Client(FakeCaller.Anonymous, inner, asCore: true);
        using var request = Events.Request(peer, type, signature);
        return await client.SendAsync(request, ct);
    }

    public async ValueTask DisposeAsync()
    {
        Deferred.Dispose();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100)); // calls that a script lets wait do not hold up the test
        await host.StopAsync(soon.Token);
        await host.DisposeAsync();
    }

    /// <param name="asCore">Whether the rules of the app do not count, because the core itself asks.</param>
    private HttpClient Client(FakeCaller caller, HttpMessageHandler? inner, bool asCore) =>
        new(new ProxyHandler(this, caller, asCore, inner ?? new SocketsHttpHandler
        {
            UseProxy = false, UseCookies = false, AllowAutoRedirect = false, RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        }))
        {
            BaseAddress = Options.AppUrl,
        };

    internal TemplateValues Values(FakeCaller caller) => new(caller.Type, caller.Id, caller.Name, Id, Key.Id.Short.Value, Domain, Key.Pem);

    internal void Record(ReceivedCall call) => ImmutableInterlocked.Update(
        ref calls, static (list, one) => (list.Count == MostCalls ? list.RemoveAt(0) : list).Add(one), call);

    private static AppMeta Read(ReadOnlyMemory<byte> description)
    {
        try
        {
            return AppMetaParser.Parse(description).Meta;
        }
        catch (RefusedException refused)
        {
            throw new ArgumentException(refused.Message, nameof(description), refused);
        }
    }
}
