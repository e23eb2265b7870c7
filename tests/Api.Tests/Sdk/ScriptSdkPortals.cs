using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Gateway;
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
    /// <summary>More than Latin-1, so that a name read in the wrong way shows.</summary>
    private const string AdasName = "Zoë 🐚 Ωmega";

    private static readonly string[] Frameworks = ["asgi", "wsgi", "express", "hono"];

    /// <summary>Ada has added it, and nobody answers there.</summary>
    private static readonly PortalId Silent = PublicKey.Ed25519([.. Enumerable.Repeat((byte)7, 32)]).Id;

    private readonly HttpClient relay = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1, // as the verdict was read
    });

    private Neighbourhood zone = null!;
    private TestCertificate certificate = null!;
    private TlsTunnel tunnel = null!;

    private LivePortal Ada { get; set; } = null!;

    private LivePortal Bob { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        Bob = await zone.Move("Bob");
        certificate = new TestCertificate(zone.Authority, $"*.{Bob.Domain}");
        tunnel = TlsTunnel.Start(certificate, Bob.Edge);
        Ada = await zone.Move(AdasName, arguments:
        [
            "--Calls:MaxBodyBytes=3000000",
            "--Calls:PerApp=3",
            .. Frameworks.Select((app, i) => $"--Peering:Resolve:{i + 1}={app}.{Bob.Domain}=127.0.0.1:{tunnel.Port}"),
        ]);
        await Ada.Add(Bob);
        await Bob.Add(Ada);
        await Ada.Add(Silent);
        await Eventually.Mutual(Ada, Bob);
        using var device = await Ada.Owner("Telephone");
    }

    public async ValueTask DisposeAsync()
    {
        relay.Dispose();
        await tunnel.DisposeAsync();
        await zone.DisposeAsync();
        certificate.Dispose();
    }

    /// <summary>Registers the apps with both Portals. Each asks for all permissions, and those behind the gateway have Ada's.</summary>
    /// <returns>What a test-suite has to know, as JSON.</returns>
    public async Task<string> Describe(params string[] frameworks)
    {
        var apps = new Dictionary<string, object>();
        foreach (var app in frameworks.SelectMany(framework => new[] { framework, $"{framework}-asked" }))
        {
            var description = $$"""{"v":"1.0","name":"{{app}}","paths":{{GatewayPair.Paths}},"permissions":["profile","devices"]}""";
            foreach (var portal in new[] { Ada, Bob })
            {
                await portal.Send(new RegisterApp(portal.Id, app, Encoding.UTF8.GetBytes(description)));
                await portal.Send(new SetVisibility(portal.Id, app, VisibilityMode.All, []));
            }

            if (frameworks.Contains(app))
                await Permit(app);
            var port = ProxyProcess.FreePort();
            Bob.Serve(new Dictionary<string, string> { [app] = $"127.0.0.1:{port}" });
            Bob.Apps[app] = context => Relay(context, app, port);
            apps[app] = new
            {
                port,
                token = await Ada.Send(new IssueAppToken(Ada.Id, app)),
                their_token = await Bob.Send(new IssueAppToken(Bob.Id, app)),
            };
        }

        return JsonSerializer.Serialize(new
        {
            core = Ada.Internal.ToString().TrimEnd('/'),
            their_core = Bob.Internal.ToString().TrimEnd('/'),
            self = new { id = Ada.Id.Value, name = AdasName },
            peer = new { id = Bob.Id.Value, short_id = Bob.Id.Short.Value, name = "Bob", domain = Bob.Domain },
            silent = Silent.Value,
            apps,
        });
    }

    private async Task Permit(string app)
    {
        foreach (var permission in Enum.GetValues<AppPermission>())
            await Ada.Send(new DecidePermission(Ada.Id, app, permission, Granted: true));
    }

    /// <summary>
    /// A proxy that lets the app see what the core granted, and its secret. Below <c>/peer/changed</c>, it changes the last byte of the body.
    /// </summary>
    private async Task Relay(HttpContext context, string app, int port)
    {
        using var received = new MemoryStream();
        await context.Request.Body.CopyToAsync(received, context.RequestAborted);
        var body = received.ToArray();
        if (context.Request.Path.StartsWithSegments("/peer/changed", StringComparison.Ordinal))
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
        Bob.Services.GetRequiredService<IProxySecrets>().Of(Bob.Id, Bob.Services.GetRequiredService<IPortalSnapshots>().Find(Bob.Id)!.Apps[app]);
}
