using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>Bob, whose apps call Ada's, and Ada, whose core forwards to her apps itself, behind a tunnel with TLS that can change what she answers.</summary>
public sealed class GatewayPair(TestPostgres postgres) : IAsyncLifetime
{
    internal const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer" } }""";

    private readonly List<IAsyncDisposable> servers = [];
    private Neighbourhood zone = null!;
    private int apps;

    /// <summary>Further ones of Bob's command line.</summary>
    internal string[] ArgumentsOfBob { get; init; } = [];

    internal LivePortal Ada { get; private set; } = null!;

    internal LivePortal Bob { get; private set; } = null!;

    internal TestCertificate Certificate { get; private set; } = null!;

    internal TlsTunnel Tunnel { get; private set; } = null!;

    /// <summary>Anybody's client of Ada's apps.</summary>
    internal HttpClient Anybody { get; private set; } = null!;

    internal HttpClient Owner { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        Ada = await zone.Move("Ada", arguments: ["--Gateway:PerCaller=20", "--Gateway:StartTimeout=00:00:03", "--Gateway:MaxBodyBytes=5000000"]);
        Certificate = new TestCertificate(zone.Authority, $"*.{Ada.Domain}", Ada.Domain);
        Tunnel = TlsTunnel.Start(Certificate, Ada.Edge);
        Anybody = ProxyProcess.Client(Tunnel.Port);
        Bob = await zone.Move("Bob", arguments: [.. ArgumentsOfBob, $"--Peering:Resolve:1=*.{Ada.Domain}=127.0.0.1:{Tunnel.Port}"]);
        Owner = await Ada.Owner("Laptop");
        await Ada.Add(Bob);
        await Bob.Add(Ada);
        await Eventually.Mutual(Ada, Bob);
    }

    public async ValueTask DisposeAsync()
    {
        Anybody.Dispose();
        Owner.Dispose();
        foreach (var server in servers)
            await server.DisposeAsync();
        await Tunnel.DisposeAsync();
        await zone.DisposeAsync();
        Certificate.Dispose();
    }

    /// <summary>Registers an app with both, and starts that of Ada.</summary>
    /// <returns>Its name.</returns>
    internal async Task<string> App(RequestDelegate handle)
    {
        var server = await PlainHost.Start(handle);
        servers.Add(server);
        return await App(new Uri(server.Urls.First()).Authority);
    }

    /// <summary>The same with a server that writes every byte itself.</summary>
    internal async Task<string> RawApp(Func<string, Stream, Task> answer)
    {
        var server = ScriptedPeer.Start(null, answer);
        servers.Add(server);
        return await App($"127.0.0.1:{server.Port}");
    }

    /// <param name="upstream"><c>host:port</c> of Ada's.</param>
    internal async Task<string> App(string upstream)
    {
        var name = $"app{Interlocked.Increment(ref apps)}";
        foreach (var portal in new[] { Ada, Bob })
        {
            await portal.Send(new RegisterApp(portal.Id, name, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{name}}","paths":{{Paths}}}""")));
            await portal.Send(new SetVisibility(portal.Id, name, VisibilityMode.All, []));
        }

        Ada.Serve(new Dictionary<string, string> { [name] = upstream });
        return name;
    }

    /// <summary>As Bob's app of this name, with Bob's core as the base address.</summary>
    internal async Task<HttpClient> Caller(string app)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Bob.Internal };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Bob.Send(new IssueAppToken(Bob.Id, app)));
        return client;
    }

    internal string Call(string target) => $"/internal/call_peer/{Ada.Id}{target}";

    internal string Url(string app, string target) => $"https://{app}.{Ada.Domain}{target}";

    internal async Task<(string Name, string Value)> Session(string app, HttpClient? device = null) =>
        HttpCalls.Bearer((await (device ?? Owner).Post($"/core/protected/apps/{app}/session")).Json.GetProperty("token").GetString()!);

    /// <summary>What Bob's core adds to a call.</summary>
    internal (string Name, string Value)[] Signed(string app, string target, string method, ReadOnlySpan<byte> sha256)
    {
        var authority = $"{app}.{Ada.Domain}";
        var fields = Bob.Services.GetRequiredService<Application.SignedCalls.ISignatures>()
            .Sign(Bob.Id, "portal-peer", method, authority, $"https://{authority}{target}", sha256, toOriginal: false);
        return [.. fields.Select(field => (field.Key, field.Value))];
    }
}
