using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What the core was asked by the proxy.</summary>
internal sealed record Ask(string Method, string Host, string Target, string Query, string Proto, bool HasBody);

/// <summary>
/// A real proxy with TLS between a client and two plain servers of the test: a core that answers by the path and writes down what
/// it was asked, and an app that says what reached it.
/// </summary>
internal sealed class ProxyRig : IAsyncDisposable
{
    public const string Host = "mail.abcdef.portal.test";

    private readonly TestCertificate certificate = new(null, "*.abcdef.portal.test", "abcdef.portal.test");
    private readonly List<WebApplication> servers = [];
    private ProxyProcess? proxy;

    public ConcurrentQueue<Ask> Asks { get; } = [];

    /// <summary>Targets that arrived at the app.</summary>
    public ConcurrentQueue<string> Arrived { get; } = [];

    public HttpClient Client { get; private set; } = null!;

    public int Port => proxy!.Port;

    public static async Task<ProxyRig> Start(string program)
    {
        var rig = new ProxyRig();
        var (edge, inner, app) = (await rig.Serve(Edge), await rig.Serve(rig.Core), await rig.Serve(rig.App));
        var portal = PrintedConfiguration.Portal(
            "abcdef.portal.test", ("mail", """{ "": { "access": "public", "headers": { "X-Ptl-Mail": "" } } }"""));
        rig.proxy = await PrintedConfiguration.Start(program, port => PrintedConfiguration.Setup(
            [portal], edge, inner, port, new Dictionary<string, string> { ["mail"] = app }, rig.certificate));
        rig.Client = rig.proxy.Client();
        return rig;
    }

    public Uri At(string target, string host = Host) =>
        new($"https://{host}:{Port}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (proxy is not null)
            await proxy.DisposeAsync();
        foreach (var server in servers)
            await server.DisposeAsync();
        certificate.Dispose();
    }

    private static Task Edge(HttpContext context) => context.Response.WriteAsync("edge " + context.Request.Path);

    /// <summary>Answers as the core does, by the first segment of the path that it is asked about.</summary>
    private async Task Core(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (context.Request.Path == "/internal/auth/nginx/answer")
        {
            context.Response.StatusCode = int.Parse(headers["X-Portal-Status"].ToString(), CultureInfo.InvariantCulture);
            if (headers["X-Portal-Location"].ToString() is { Length: > 0 } to)
                context.Response.Headers.Location = to;
            await context.Response.WriteAsync("the core says " + context.Response.StatusCode);
            return;
        }

        var target = headers["X-Forwarded-Uri"].ToString();
        Asks.Enqueue(new Ask(
            headers["X-Forwarded-Method"].ToString(), headers["X-Forwarded-Host"].ToString(), target, context.Request.QueryString.Value ?? "",
            headers["X-Forwarded-Proto"].ToString(), context.Features.Get<IHttpRequestBodyDetectionFeature>()!.CanHaveBody));
        var status = !PathReading.TryRead(target, out var path) ? 400 : path.Split('/')[1] switch
        {
            "nobody" => 401,
            "login" => 303,
            "forbidden" => 403,
            "nothing" => 404,
            "busy" => 503,
            _ => 200,
        };
        if (status == 303)
            context.Response.Headers.Location = "https://abcdef.portal.test/core/app-session?app=mail&to=%2Flogin";
        if (status == 200)
        {
            foreach (var (name, value) in new[] { ("Client-Type", "peer"), ("Client-Id", "real-id"), ("Client-Name", "Zoë 日本"), ("Mail", "") })
                context.Response.Headers["X-Ptl-" + name] = value;
            context.Response.Headers.Cookie = "app=1";
            context.Response.Headers.Authorization = "";
            context.Response.Headers["Content-Digest"] = "sha-256=:verified:";
        }
        else if (context.Request.Path == "/internal/auth/nginx")
        {
            context.Response.Headers["X-Portal-Status"] = status.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["X-Portal-Location"] = context.Response.Headers.Location;
            status = status is 401 or 303 ? 401 : 403;
        }

        context.Response.StatusCode = status;
        if (status != 200)
            await context.Response.WriteAsync("the core says " + status);
    }

    private async Task App(HttpContext context)
    {
        Arrived.Enqueue(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        await (context.WebSockets.IsWebSocketRequest ? CallPeerTests.EchoSocket(context) : CallPeerTests.Echo(context));
    }

    private async Task<string> Serve(RequestDelegate handle)
    {
        var server = await PlainHost.Start(handle);
        servers.Add(server);
        return new Uri(server.Urls.First()).Authority;
    }
}
