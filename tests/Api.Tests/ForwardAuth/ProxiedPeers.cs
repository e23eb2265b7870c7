using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>
/// Bob, whose apps call Ada's, and Ada behind real proxies: the app <c>caddy</c> behind Caddy and the app <c>nginx</c> behind nginx, with
/// public paths below <c>/open</c>, peers' below <c>/peer</c> and private ones elsewhere.
/// </summary>
public sealed class ProxiedPeers(TestPostgres postgres) : IAsyncLifetime
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer" } }""";

    private static readonly string[] Programs = ["caddy", "nginx", "gateway"];

    private readonly Dictionary<string, LiveProxyRig> proxies = [];
    private readonly Dictionary<string, HttpClient> callers = [];
    private Neighbourhood zone = null!;
    private WebApplication echo = null!;

    internal LivePortal Ada { get; private set; } = null!;

    private LivePortal Bob { get; set; } = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        Ada = await zone.Move("Ada");
        echo = await PlainHost.Start(CallPeerTests.Echo, bytes: true);
        foreach (var program in Programs)
        {
            await Register(Ada, program);
            proxies[program] = await LiveProxyRig.Start(program, Ada, program, echo.Urls.First(), authority: zone.Authority);
        }

        Bob = await zone.Move("Bob Müller 🐈", arguments:
            [.. Programs.Select((program, i) => $"--Peering:Resolve:{i + 1}={program}.{Ada.Domain}=127.0.0.1:{proxies[program].Port}")]);
        await Ada.Add(Bob);
        await Bob.Add(Ada);
        foreach (var program in Programs)
        {
            await Register(Bob, program);
            var caller = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Bob.Internal };
            caller.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Bob.Send(new IssueAppToken(Bob.Id, program)));
            callers[program] = caller;
        }

        await Eventually.Mutual(Ada, Bob);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in callers.Values)
            caller.Dispose();
        foreach (var proxy in proxies.Values)
            await proxy.DisposeAsync();
        await echo.DisposeAsync();
        await zone.DisposeAsync();
    }

    /// <summary>Anybody's client of the proxy itself.</summary>
    internal HttpClient Stranger(string program) => proxies[program].Client;

    /// <summary>As Bob's app of this name calls the same app of Ada.</summary>
    internal Task<HttpResponseMessage> Call(string program, string target, string method = "GET", HttpContent? content = null)
    {
        var uri = new Uri($"{Bob.Internal.Scheme}://{Bob.Internal.Authority}/internal/call_peer/{Ada.Id}{target}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        return callers[program].SendAsync(new HttpRequestMessage(new HttpMethod(method), uri) { Content = content }, TestContext.Current.CancellationToken);
    }

    /// <summary>The same with the method as it is given; client libraries write the standard ones in capitals.</summary>
    /// <returns>Status and body.</returns>
    internal async Task<(int Status, JsonElement Said)> CallAs(string program, string method, string target)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(Bob.Internal.Host, Bob.Internal.Port, TestContext.Current.CancellationToken);
        await using var stream = connection.GetStream();
        await ScriptedPeer.Write(stream,
            $"{method} /internal/call_peer/{Ada.Id}{target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {callers[program].DefaultRequestHeaders.Authorization}\r\n\r\n");
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        var body = answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)];
        return (int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture), JsonDocument.Parse(body).RootElement);
    }

    private static async Task Register(LivePortal portal, string app)
    {
        await portal.Send(new RegisterApp(portal.Id, app, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{{Paths}}}""")));
        await portal.Send(new SetVisibility(portal.Id, app, VisibilityMode.All, []));
    }
}
