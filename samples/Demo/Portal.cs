using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace PeerRegistry.Demo;

/// <summary>One of the two: a registry with its own database, its own keys, and Postcards.</summary>
/// <param name="port">The port at which peers and, with a proxy, browsers reach it over TLS.</param>
/// <param name="localPort">The port at which browsers of this machine reach it without TLS; null if its proxy asks the core about each request to an app.</param>
internal sealed class Portal(string name, string folder, int port, int? localPort, Authority authority) : IAsyncDisposable
{
    private readonly List<Child> children = [];
    private readonly Dictionary<string, string> registry = [];
    private readonly string appAddress = $"http://127.0.0.1:{Places.FreePort()}";
    private readonly string certificate = Path.Combine(folder, "tls.crt"), certificateKey = Path.Combine(folder, "tls.key");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private HttpClient? browser;
    private string edge = "", inner = "", pair = "";

    public string Name => name;

    public string Zone => $"{name.ToLowerInvariant()}.localhost";

    public string Id { get; private set; } = "";

    public string Domain => $"{Id[..6]}.{Zone}";

    public int Port => port;

    public string Url => $"https://{Domain}:{port}";

    public string AppUrl => $"https://postcards.{Domain}:{port}";

    /// <summary>For browsers on this machine.</summary>
    public string PageUrl => localPort is { } local ? $"http://{Domain}:{local}" : Url;

    /// <summary>The same for the app.</summary>
    public string AppPageUrl => localPort is { } local ? $"http://postcards.{Domain}:{local}" : AppUrl;

    /// <summary>Of the paired device; null before.</summary>
    public string? Token { get; private set; }

    public async Task StartRegistry(Portal other, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(certificateKey, key.ExportPkcs8PrivateKeyPem(), ct);
        authority.Certify(key, certificate, $"*.{Zone}");
        registry["Data__Directory"] = Path.Combine(folder, "data");
        registry["Listen__Edge"] = $"http://127.0.0.1:{localPort ?? 0}";
        registry["Listen__Internal"] = "http://127.0.0.1:0";
        registry["Portal__Name"] = name;
        registry["Portal__Zone"] = Zone;
        registry["Portal__PublicPort"] = $"{port}";
        registry["Apps__Upstreams__postcards"] = new Uri(appAddress).Authority;
        registry["Peering__Resolve__0"] = $"*.{other.Zone}=127.0.0.1:{other.Port}";
        registry["Peering__TrustedCertificates"] = authority.Root;
        if (localPort is { } local)
        {
            registry["Portal__LocalPort"] = $"{local}";
            registry["Listen__Tls"] = $"https://127.0.0.1:{port}";
            registry["Listen__Certificate"] = certificate;
            registry["Listen__CertificateKey"] = certificateKey;
        }

        var started = Start(Places.Program("src/Api", "Api"), registry);
        var ready = (await started.Line("READY", ct)).Split(' ').ToDictionary(part => part.Split('=')[0], part => part.Split('=')[1]);
        (edge, inner, Id) = (ready["edge"], ready["internal"], ready["portal"]);
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
                ["Proxy__Internal"] = new Uri(inner).Authority,
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

        browser = Browser();
        await children[^1].Until(async () => await Answers($"{Url}/core/public/meta/whoareyou") && await Answers($"{AppUrl}/"), "to serve the Portal", ct);
    }

    /// <summary>As the owner's tool does: the printed code for a token.</summary>
    public async Task PairDevice(CancellationToken ct)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{edge}/core/public/pair/terminal{new Uri(pair).Query}", new { name = "Demo" }, ct);
        Token = (await Read(answer, ct)).GetProperty("token").GetString();
        browser = new HttpClient { BaseAddress = new Uri(edge) };
    }

    public async Task InstallPostcards(CancellationToken ct)
    {
        var description = JsonDocument.Parse(await File.ReadAllTextAsync(Places.AppDescription, ct)).RootElement;
        await Owner(HttpMethod.Put, "/core/protected/apps/postcards", description, ct);
        var token = (await Owner(HttpMethod.Post, "/core/protected/apps/postcards/token", null, ct)).GetProperty("token").GetString()!;
        var app = Start(Places.Program("samples/Postcards", "Postcards"), new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = appAddress,
            ["PORTAL_CORE"] = inner,
            ["PORTAL_TOKEN"] = token,
            ["CARDS_FILE"] = Path.Combine(folder, "cards"),
        });
        using var http = new HttpClient();
        await app.Until(async () => await Task.Run(() => http.GetAsync($"{appAddress}/received", ct), ct).ContinueWith(t => t.IsCompletedSuccessfully, TaskScheduler.Default), "to answer", ct);
    }

    /// <returns>A link that makes a browser a device of the owner.</returns>
    public async Task<string> PairingLink(CancellationToken ct) =>
        (await Owner(HttpMethod.Post, "/core/protected/terminals/pairing-code", null, ct)).GetProperty("url").GetString()!;

    /// <summary>A call by the owner's paired device.</summary>
    public Task<JsonElement> Owner(HttpMethod method, string path, object? body, CancellationToken ct) => Send(method, path, Token, body is null ? null : JsonContent.Create(body), ct);

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

    private Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings)
    {
        children.Add(Child.Start(command, settings));
        return children[^1];
    }

    private async Task<bool> Answers(string url)
    {
        try
        {
            using var answer = await browser!.GetAsync(url);
            return answer.StatusCode < HttpStatusCode.InternalServerError;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>As a browser on this machine: every name ends in .localhost, so all lead here; only the demo's authority is trusted.</summary>
    private HttpClient Browser() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(authority.Root) },
            },
        },
    })
    { BaseAddress = new Uri(Url) };

    private static async Task<JsonElement> Read(HttpResponseMessage answer, CancellationToken ct)
    {
        var text = await answer.Content.ReadAsStringAsync(ct);
        return !answer.IsSuccessStatusCode && answer.StatusCode != HttpStatusCode.Redirect
            ? throw new InvalidOperationException($"{answer.RequestMessage!.RequestUri} answered {(int)answer.StatusCode}: {text}")
            : text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default;
    }
}
