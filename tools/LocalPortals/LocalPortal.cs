using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace PeerRegistry.LocalPortals;

/// <summary>A registry on this machine with a database and keys of its own, and one app.</summary>
/// <param name="port">The port at which peers and, with a proxy, browsers reach it over TLS.</param>
/// <param name="localPort">The port at which browsers of this machine reach it without TLS; null if its proxy asks the core about each request to an app.</param>
/// <param name="app">The name of the app, as its description says it.</param>
internal sealed class LocalPortal(string name, string folder, int port, int? localPort, string app, Authority authority) : IAsyncDisposable
{
    private const string LogLevel = "Logging__LogLevel__Default";

    private readonly List<Child> children = [];
    private readonly Dictionary<string, string> registry = [];
    private readonly string certificate = Path.Combine(folder, "tls.crt"), certificateKey = Path.Combine(folder, "tls.key");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private HttpClient? browser;
    private string edge = "", pair = "";

    /// <summary>Where the app listens, or will.</summary>
    public Uri AppAddress { get; init; } = FreeAddress();

    /// <value><c>ed25519</c> (default) or <c>rsa-4096</c>.</value>
    public string KeyType { get; init; } = "ed25519";

    /// <summary>Gets each line that the registry writes, or is null.</summary>
    public Action<string>? Hear { get; init; }

    public string Name => name;

    public string Zone => $"{name.ToLowerInvariant()}.localhost";

    public string Id { get; private set; } = "";

    public string Domain => $"{Id[..6]}.{Zone}";

    public int Port => port;

    /// <summary>Of this Portal's own files, which are removed in the end.</summary>
    public string Folder => folder;

    /// <summary>The address of the core's internal listener.</summary>
    public string Core { get; private set; } = "";

    public string Url => $"https://{Domain}:{port}";

    public string AppUrl => $"https://{app}.{Domain}:{port}";

    /// <summary>For browsers on this machine.</summary>
    public string PageUrl => localPort is { } local ? $"http://{Domain}:{local}" : Url;

    /// <summary>The same for the app.</summary>
    public string AppPageUrl => localPort is { } local ? $"http://{app}.{Domain}:{local}" : AppUrl;

    /// <summary>Of the paired device; null before.</summary>
    public string? Token { get; private set; }

    /// <param name="others">The Portals that it must find without DNS.</param>
    public async Task StartRegistry(IEnumerable<LocalPortal> others, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(certificateKey, key.ExportPkcs8PrivateKeyPem(), ct);
        authority.Certify(key, certificate, $"*.{Zone}");
        registry[LogLevel] = Environment.GetEnvironmentVariable(LogLevel) ?? "Warning";
        registry["DOTNET_TieredPGO"] = "0"; // it starts often and runs briefly
        registry["Data__Directory"] = Path.Combine(folder, "data");
        registry["Listen__Edge"] = $"http://127.0.0.1:{localPort ?? 0}";
        registry["Listen__Internal"] = "http://127.0.0.1:0";
        registry["Portal__Name"] = name;
        registry["Portal__Zone"] = Zone;
        registry["Portal__PublicPort"] = $"{port}";
        registry["Portal__KeyType"] = KeyType;
        registry[$"Apps__Upstreams__{app}"] = AppAddress.Authority;
        foreach (var (i, other) in others.Index())
            registry[$"Peering__Resolve__{i}"] = $"*.{other.Zone}=127.0.0.1:{other.Port}";
        registry["Peering__TrustedCertificates"] = authority.Root;
        if (localPort is { } local)
        {
            registry["Portal__LocalPort"] = $"{local}";
            registry["Listen__Tls"] = $"https://127.0.0.1:{port}";
            registry["Listen__Certificate"] = certificate;
            registry["Listen__CertificateKey"] = certificateKey;
        }

        var started = Start(Places.Program("src/Api", "Api"), registry, Hear);
        var ready = (await started.Line("READY", ct)).Split(' ').ToDictionary(part => part.Split('=')[0], part => part.Split('=')[1]);
        (edge, Core, Id) = (ready["edge"], ready["internal"], ready["portal"]);
        pair = await started.Line("PAIR", ct);
        authority.Certify(key, certificate, Domain, $"*.{Domain}"); // only now it has an ID, and with it the hosts of its apps
    }

    /// <summary>Has everything reachable over TLS: by the core itself, or with a Caddy that asks the core about every request to an app.</summary>
    public async Task Serve(CancellationToken ct)
    {
        if (localPort is null)
        {
            var settings = new Dictionary<string, string>(registry)
            {
                ["Proxy__Edge"] = new Uri(edge).Authority,
                ["Proxy__Internal"] = new Uri(Core).Authority,
                ["Proxy__Certificate"] = certificate,
                ["Proxy__CertificateKey"] = certificateKey,
            };
            var file = Path.Combine(folder, "Caddyfile");
            var printed = await Child.Run([.. Places.Program("src/Api", "Api"), "proxy-config", "caddy"], settings, ct);
            var ofTwo = printed.Replace("\thttps_port", "\tadmin off\n\thttps_port", StringComparison.Ordinal); // two run side by side
            await File.WriteAllTextAsync(file, ofTwo, ct);
            var places = new Dictionary<string, string> { ["XDG_DATA_HOME"] = folder, ["XDG_CONFIG_HOME"] = folder };
            Start(["caddy", "run", "--config", file, "--adapter", "caddyfile"], places);
        }

        browser = LoopbackClient.Create(new Uri(Url), authority.Root);
        await children[^1].Until(async () => await Answers($"{Url}/core/public/meta/whoareyou") && await Answers(AppUrl), "to serve the Portal", ct);
    }

    /// <summary>As the owner's tool does: the printed code for a token.</summary>
    public async Task PairDevice(CancellationToken ct)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{edge}/core/public/pair/terminal{new Uri(pair).Query}", new { name = "./run" }, ct);
        Token = (await Read(answer, ct)).GetProperty("token").GetString();
        browser = new HttpClient { BaseAddress = new Uri(edge) };
    }

    /// <summary>Registers the app, or its description anew.</summary>
    public async Task Register(byte[] description, CancellationToken ct)
    {
        using var content = new ByteArrayContent(description) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        await Send(HttpMethod.Put, $"/core/protected/apps/{app}", Token, content, ct);
    }

    /// <returns>What the app calls the core with.</returns>
    public async Task<string> AppToken(CancellationToken ct) =>
        (await Owner(HttpMethod.Post, $"/core/protected/apps/{app}/token", null, ct)).GetProperty("token").GetString()!;

    /// <returns>What a program of the owner calls the app with.</returns>
    public async Task<string> AppSession(CancellationToken ct) =>
        (await Owner(HttpMethod.Post, $"/core/protected/apps/{app}/session", null, ct)).GetProperty("token").GetString()!;

    public Task LetAppSeeAllPeers(CancellationToken ct) => Owner(HttpMethod.Put, $"/core/protected/apps/{app}/visibility", new { mode = "all" }, ct);

    public Task Add(LocalPortal peer, CancellationToken ct) =>
        Owner(HttpMethod.Put, "/core/protected/peers", new { id = peer.Id, name = peer.Name, address = peer.Domain }, ct);

    public async Task<string?> StatusOf(LocalPortal peer, CancellationToken ct) =>
        (await Owner(HttpMethod.Get, $"/core/protected/peers/{peer.Id}", null, ct)).GetProperty("status").GetString();

    /// <summary>Waits until each has added the other, and both know.</summary>
    public async Task UntilMutual(LocalPortal peer, CancellationToken ct)
    {
        for (var waited = 0; await StatusOf(peer, ct) != "mutual" || await peer.StatusOf(this, ct) != "mutual"; waited++)
        {
            if (waited == 600)
                throw new InvalidOperationException($"{name} and {peer.Name} did not become peers within a minute.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
        }
    }

    /// <returns>An address of this machine at which nothing listens.</returns>
    public static Uri FreeAddress() => new($"http://127.0.0.1:{Places.FreePort()}");

    public async Task<bool> AppListens(CancellationToken ct)
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(AppAddress.Host, AppAddress.Port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <returns>A link that makes a browser a device of the owner.</returns>
    public async Task<string> PairingLink(CancellationToken ct) =>
        (await Owner(HttpMethod.Post, "/core/protected/terminals/pairing-code", null, ct)).GetProperty("url").GetString()!;

    /// <summary>A call by the owner's paired device.</summary>
    public Task<JsonElement> Owner(HttpMethod method, string path, object? body, CancellationToken ct) =>
        Send(method, path, Token, body is null ? null : JsonContent.Create(body), ct);

    /// <param name="url">Relative: of the core. Absolute: of an app.</param>
    public async Task<JsonElement> Send(HttpMethod method, string url, string? token, HttpContent? content, CancellationToken ct)
    {
        using var answer = await Ask(method, url, token, content, ct);
        return await Read(answer, ct);
    }

    public async Task<HttpResponseMessage> Ask(HttpMethod method, string url, string? token, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (Uri.TryCreate(url, UriKind.Absolute, out var app))
            request.Headers.Add("Origin", app.GetLeftPart(UriPartial.Authority));
        return await browser!.SendAsync(request, ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in Enumerable.Reverse(children))
            await child.DisposeAsync();
        browser?.Dispose();
        key.Dispose();
    }

    /// <summary>Starts a program that ends with this Portal.</summary>
    public Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings, Action<string>? hear = null)
    {
        children.Add(Child.Start(command, settings, hear));
        return children[^1];
    }

    private async Task<bool> Answers(string url)
    {
        try
        {
            using var answer = await browser!.GetAsync(url);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        return !answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.Redirect
            ? throw new InvalidOperationException($"{answer.RequestMessage!.RequestUri} answered {(int)answer.StatusCode}: {text}")
            : text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default;
    }
}
