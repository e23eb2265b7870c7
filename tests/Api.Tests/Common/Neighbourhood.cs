using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Http;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>
/// A zone of live Portals that reach each other over real TLS sockets: one front plays the proxy of all of them, as Caddy with
/// <c>forward_auth</c> would, with certificates of an authority of the test's own.
/// </summary>
internal sealed class Neighbourhood : IAsyncDisposable
{
    public const string Zone = "zone.test";

    /// <summary>Where a Portal may move to.</summary>
    public const string OtherZone = "moved." + Zone;

    /// <summary>Set on a request to the front, it is the caller's address; otherwise every request comes from another one.</summary>
    public const string Address = "Test-Address";

    private static readonly string[] NotForwarded = ["Connection", "Host", "Transfer-Encoding", Address];
    private readonly TestAuthority authority = new();
    private readonly ConcurrentDictionary<string, X509Certificate2> certificates = new();
    private readonly ConcurrentDictionary<string, LivePortal> portals = new();
    private readonly HttpMessageInvoker backend = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly WebApplication front;
    private int callers;

    private Neighbourhood(TestPostgres postgres)
    {
        Postgres = postgres;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https => https.ServerCertificateSelector =
                (_, name) => certificates.GetOrAdd(name ?? "none.test", each => authority.Certify(each))));
        });
        front = builder.Build();
        front.UseWebSockets();
        front.Run(Serve);
    }

    public TestPostgres Postgres { get; }

    /// <summary>Of all Portals here.</summary>
    public MovableTime Clock { get; } = new();

    /// <summary>Short ID to what answers there, where that is no registry of ours.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Strangers { get; } = new();

    public string RootFile => authority.RootFile;

    public TestAuthority Authority => authority;

    public IPEndPoint Front { get; private set; } = new(IPAddress.Loopback, 0);

    public static async Task<Neighbourhood> Start(TestPostgres postgres)
    {
        var zone = new Neighbourhood(postgres);
        await zone.front.StartAsync();
        zone.Front = new IPEndPoint(IPAddress.Loopback, new Uri(zone.front.Urls.First()).Port);
        return zone;
    }

    /// <param name="arguments">Further ones of its command line.</param>
    public Task<LivePortal> Move(string name, Action<IServiceCollection>? replace = null, string keyType = "ed25519", params string[] arguments) =>
        LivePortal.Start(this, name, replace, keyType, arguments);

    public void Register(LivePortal portal) => portals[portal.Id.Short.Value] = portal;

    /// <summary>A client of anybody: every name below the zone leads to the front, redirects are shown, cookies not kept.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (_, ct) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(Front, ct);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust() },
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var portal in portals.Values)
            await portal.DisposeAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await front.StopAsync(soon.Token);
        await front.DisposeAsync();
        backend.Dispose();
        authority.Dispose();
    }

    private X509ChainPolicy Trust() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        CustomTrustStore = { X509Certificate2.CreateFromPem(File.ReadAllText(RootFile)) },
    };

    private async Task Serve(HttpContext context)
    {
        var labels = context.Request.Host.Host.Replace("." + Zone, "", StringComparison.Ordinal).Split('.');
        var zone = labels[^1] == "moved" ? OtherZone : Zone;
        labels = zone == OtherZone ? labels[..^1] : labels;
        if (Strangers.TryGetValue(labels[^1], out var stranger))
        {
            Date(context, Clock);
            await stranger(context);
            return;
        }

        if (!portals.TryGetValue(labels[^1], out var portal) || portal.Down || (portal.DomainZone != zone && !portal.HasBothNames))
        {
            context.Abort();
            return;
        }

        var app = labels.Length == 1 || context.Request.Path.StartsWithSegments("/.portal", StringComparison.OrdinalIgnoreCase) ? null : labels[0];
        if (app is null || portal.UsesGateway)
            await Pass(context, portal, context.Request.Method, RawTarget(context), context.Request.Body);
        else
            await ToApp(context, portal, app);
    }

    /// <summary>Asks the core first, then lets the app see what the core wants it to see.</summary>
    private async Task ToApp(HttpContext context, LivePortal portal, string app)
    {
        using var question = Outgoing(context, portal.Internal, "GET", "/internal/auth");
        question.Headers.TryAddWithoutValidation("X-Forwarded-Method", context.Request.Method);
        question.Headers.TryAddWithoutValidation("X-Forwarded-Uri", RawTarget(context));
        using var verdict = await backend.SendAsync(question, context.RequestAborted);
        if (verdict.StatusCode != HttpStatusCode.OK || !portal.Apps.TryGetValue(app, out var handle))
        {
            await Copy(verdict, context, portal);
            return;
        }

        foreach (var (name, values) in verdict.Headers.NonValidated.Concat(verdict.Content.Headers.NonValidated))
        {
            if (!name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || name == "Content-Digest")
                context.Request.Headers[name] = values.ToArray();
        }

        await handle(context);
    }

    private async Task Pass(HttpContext context, LivePortal to, string method, string target, Stream body)
    {
        using var request = Outgoing(context, to.Edge, method, target);
        if (context.Request.ContentLength > 0 || context.Request.Headers.ContainsKey("Transfer-Encoding"))
        {
            request.Content = new StreamContent(body);
            if (context.Request.ContentType is { } type)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
            if (context.Request.ContentLength is { } length)
                request.Content.Headers.ContentLength = length;
        }

        using var answer = await backend.SendAsync(request, context.RequestAborted);
        if (to.LosesAnswer?.Invoke(context) == true)
            context.Abort();
        else
            await Copy(answer, context, to);
    }

    private HttpRequestMessage Outgoing(HttpContext context, Uri to, string method, string target)
    {
        var uri = new Uri($"{to.Scheme}://{to.Authority}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(HttpMethod.Parse(method), uri);
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!NotForwarded.Contains(name, StringComparer.OrdinalIgnoreCase))
                request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        request.Headers.Host = context.Request.Host.Value;
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", context.Request.Host.Value);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", context.Request.Headers[Address].FirstOrDefault() ?? NextCaller());
        return request;
    }

    private string NextCaller()
    {
        var n = Interlocked.Increment(ref callers);
        return string.Create(CultureInfo.InvariantCulture, $"198.{18 + (n >> 16 & 1)}.{n >> 8 & 255}.{n & 255}");
    }

    private static string RawTarget(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    /// <summary>Kestrel's own <c>Date</c> is the machine's, which goes by another clock than the Portals of a test.</summary>
    private static void Date(HttpContext context, TimeProvider clock) =>
        context.Response.Headers.Date = clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);

    private static async Task Copy(HttpResponseMessage answer, HttpContext context, LivePortal from)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!NotForwarded.Contains(name, StringComparer.OrdinalIgnoreCase))
                context.Response.Headers[name] = values.ToArray();
        }

        Date(context, from.Services.GetRequiredService<TimeProvider>());
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
