using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace PeerRegistry.Demo;

/// <summary>One of the two: a registry with its own database, its own Caddy with its own authority, and Postcards.</summary>
internal sealed class Portal(string name, string folder, int port) : IAsyncDisposable
{
    private readonly List<Child> children = [];
    private readonly Dictionary<string, string> caddy = new() { ["XDG_DATA_HOME"] = folder, ["XDG_CONFIG_HOME"] = folder, ["STEPPATH"] = folder };
    private readonly Dictionary<string, string> registry = [];
    private readonly string appAddress = $"http://127.0.0.1:{Places.FreePort(0)}";
    private HttpClient? browser;
    private string edge = "", inner = "", pair = "";

    public string Name => name;

    public string Zone => $"{name.ToLowerInvariant()}.localhost";

    public string Id { get; private set; } = "";

    public string Domain => $"{Id[..6]}.{Zone}";

    public string Url => $"https://{Domain}:{port}";

    public string AppUrl => $"https://postcards.{Domain}:{port}";

    public string Root => Path.Combine(folder, "caddy/pki/authorities/local/root.crt");

    /// <summary>Of the paired device; null before.</summary>
    public string? Token { get; private set; }

    /// <summary>Caddy makes its authority when it first needs it; the registries want to know it before they start.</summary>
    public async Task MakeAuthority(CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "Authority.Caddyfile");
        await File.WriteAllTextAsync(file, $"{{\n\tadmin off\n\tskip_install_trust\n\thttps_port {port}\n\tauto_https disable_redirects\n}}\n{Zone} {{\n\ttls internal\n}}\n", ct);
        await using var made = Child.Start(["caddy", "run", "--config", file, "--adapter", "caddyfile"], caddy);
        await made.Until(() => Task.FromResult(File.Exists(Root)), "to make its authority", ct);
    }

    public async Task StartRegistry(Portal other, string trusted, CancellationToken ct)
    {
        registry["Data__Directory"] = Path.Combine(folder, "data");
        registry["Listen__Edge"] = "http://127.0.0.1:0";
        registry["Listen__Internal"] = "http://127.0.0.1:0";
        registry["Portal__Name"] = name;
        registry["Portal__Zone"] = Zone;
        registry["Portal__PublicPort"] = $"{port}";
        registry["Apps__Upstreams__postcards"] = new Uri(appAddress).Authority;
        registry["Peering__Resolve__0"] = $"*.{other.Zone}=127.0.0.1:{other.Port}";
        registry["Peering__TrustedCertificates"] = trusted;
        var started = Start(Places.Program("src/Api", "Api"), registry);
        var ready = (await started.Line("READY", ct)).Split(' ').ToDictionary(part => part.Split('=')[0], part => part.Split('=')[1]);
        (edge, inner, Id) = (ready["edge"], ready["internal"], ready["portal"]);
        pair = await started.Line("PAIR", ct);
    }

    public int Port => port;

    /// <param name="asksCore">Whether the proxy asks the core about each request. Otherwise it passes all on, and the core forwards to the app itself.</param>
    public async Task StartProxy(bool asksCore, CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(registry)
        {
            ["Proxy__Edge"] = new Uri(edge).Authority,
            ["Proxy__Internal"] = new Uri(inner).Authority,
            ["Proxy__InternalAuthority"] = "true",
        };
        IEnumerable<string> mode = asksCore ? [] : ["--gateway"];
        var file = Path.Combine(folder, "Caddyfile");
        await File.WriteAllTextAsync(file, await Child.Run([.. Places.Program("src/Api", "Api"), "proxy-config", "caddy", .. mode], settings, ct), ct);
        var started = Start(["caddy", "run", "--config", file, "--adapter", "caddyfile"], caddy);
        browser = Browser();
        await started.Until(async () => await Answers("/core/public/meta/whoareyou"), "to serve the Portal", ct);
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
        });
        using var http = new HttpClient();
        await app.Until(async () => await Task.Run(() => http.GetAsync($"{appAddress}/received", ct), ct).ContinueWith(t => t.IsCompletedSuccessfully, TaskScheduler.Default), "to answer", ct);
    }

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
    }

    private Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings)
    {
        children.Add(Child.Start(command, settings));
        return children[^1];
    }

    private async Task<bool> Answers(string path)
    {
        try
        {
            using var answer = await browser!.GetAsync(path);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>As a browser on this machine: every name ends in .localhost, so all lead here; only this Portal's own authority is trusted.</summary>
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
                CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(Root) },
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
