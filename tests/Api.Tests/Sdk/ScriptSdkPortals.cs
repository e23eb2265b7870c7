using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>
/// Ada, whose apps call Bob's. Each app of Bob listens on a port of its own, where the test-suite of an SDK starts it: an app <c>x</c> behind the gateway of
/// Bob's core, and an app <c>x-asked</c> behind a proxy that only asks the core, and that can change the body.
/// </summary>
public sealed class ScriptSdkPortals(TestPostgres postgres) : IAsyncLifetime
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer" } }""";

    /// <summary>More than Latin-1, so that a name read in the wrong way shows.</summary>
    private const string AdasName = "Zoë 🐚 Ωmega";

    private readonly HttpClient relay = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, // as the verdict was read
    });

    private Neighbourhood zone = null!;
    private LivePortal ada = null!;
    private LivePortal bob = null!;
    private TestCertificate certificate = null!;
    private TlsTunnel tunnel = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        bob = await zone.Move("Bob");
        certificate = new TestCertificate(zone.Authority, $"*.{bob.Domain}");
        tunnel = TlsTunnel.Start(certificate, bob.Edge);
        ada = await zone.Move(AdasName, arguments:
        [
            "--Calls:MaxBodyBytes=3000000",
            "--Calls:PerApp=3",
            .. Frameworks.Select((app, i) => $"--Peering:Resolve:{i + 1}={app}.{bob.Domain}=127.0.0.1:{tunnel.Port}"),
        ]);
        await ada.Add(bob);
        await bob.Add(ada);
        await ada.Add(PublicKey.Ed25519([.. Enumerable.Repeat((byte)7, 32)]).Id); // there is no such Portal
        await Eventually.Mutual(ada, bob);
    }

    public async ValueTask DisposeAsync()
    {
        relay.Dispose();
        await tunnel.DisposeAsync();
        await zone.DisposeAsync();
        certificate.Dispose();
    }

    private static readonly string[] Frameworks = ["asgi", "wsgi", "express", "hono"];

    /// <summary>Registers the apps with both Portals.</summary>
    /// <returns>What a test-suite has to know, as JSON.</returns>
    public async Task<string> Describe(params string[] frameworks)
    {
        var apps = new Dictionary<string, object>();
        foreach (var app in frameworks.SelectMany(framework => new[] { framework, $"{framework}-asked" }))
        {
            foreach (var portal in new[] { ada, bob })
            {
                await portal.Send(new RegisterApp(portal.Id, app, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{{Paths}}}""")));
                await portal.Send(new SetVisibility(portal.Id, app, VisibilityMode.All, []));
            }

            var port = ProxyProcess.FreePort();
            bob.Serve(new Dictionary<string, string> { [app] = $"127.0.0.1:{port}" });
            bob.Apps[app] = context => Relay(context, app, port);
            apps[app] = new
            {
                port,
                token = await ada.Send(new IssueAppToken(ada.Id, app)),
                their_token = await bob.Send(new IssueAppToken(bob.Id, app)),
            };
        }

        return JsonSerializer.Serialize(new
        {
            core = ada.Internal.ToString().TrimEnd('/'),
            their_core = bob.Internal.ToString().TrimEnd('/'),
            self = new { id = ada.Id.Value, name = AdasName },
            peer = new { id = bob.Id.Value, short_id = bob.Id.Short.Value, name = "Bob", domain = bob.Domain },
            silent = PublicKey.Ed25519([.. Enumerable.Repeat((byte)7, 32)]).Id.Value,
            apps,
        });
    }

    /// <summary>A proxy that lets the app see what the core granted, and its secret. Below <c>/peer/changed</c>, it changes the last byte of the body.</summary>
    private async Task Relay(HttpContext context, string app, int port)
    {
        using var received = new MemoryStream();
        await context.Request.Body.CopyToAsync(received, context.RequestAborted);
        var body = received.ToArray();
        if (context.Request.Path.StartsWithSegments("/peer/changed"))
            body[^1] ^= 1;

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), $"http://127.0.0.1:{port}{target}");
        request.Content = new ByteArrayContent(body);
        if (context.Request.ContentType is { } type)
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        foreach (var (name, values) in context.Request.Headers.Where(header => header.Key.StartsWith("X-Ptl-", StringComparison.OrdinalIgnoreCase)))
            request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        request.Headers.TryAddWithoutValidation("Content-Digest", context.Request.Headers["Content-Digest"].AsEnumerable());
        request.Headers.TryAddWithoutValidation(ProxySecret.Header, Secret(app));
        using var answer = await relay.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private string Secret(string app) =>
        bob.Services.GetRequiredService<IProxySecrets>().Of(bob.Id, bob.Services.GetRequiredService<IPortalSnapshots>().Find(bob.Id)!.Apps[app]);
}
