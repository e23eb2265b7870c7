using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Ada, whose proxy asks, and Bob, her peer; one pair for all tests of a class, an app of its own for each.</summary>
public sealed class TwoPortals(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly byte[] EmptySha256 = SHA256.HashData([]);
    private int apps;

    internal Neighbourhood Zone { get; private set; } = null!;

    internal LivePortal Ada { get; private set; } = null!;

    internal LivePortal Bob { get; private set; } = null!;

    internal HttpClient Owner { get; private set; } = null!;

    internal HttpClient Inner { get; private set; } = null!;

    internal MovableTime Clock { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Zone = await Neighbourhood.Start(postgres);
        Ada = await Zone.Move("Ada", services => services.AddSingleton<TimeProvider>(Clock));
        Bob = await Zone.Move("Bob Müller 🐈", services => services.AddSingleton<TimeProvider>(Clock));
        Owner = await Ada.Owner("Laptop");
        Inner = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false,
            ResponseHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8 })
        {
            BaseAddress = Ada.Internal,
        };
        await Ada.Add(Bob);
        await Bob.Add(Ada);
        await Eventually.Mutual(Ada, Bob);
    }

    public async ValueTask DisposeAsync()
    {
        Owner.Dispose();
        Inner.Dispose();
        await Ada.DisposeAsync();
        await Bob.DisposeAsync();
        await Zone.DisposeAsync();
    }

    /// <returns>The app's name.</returns>
    internal async Task<string> App(string paths, Visibility? visibility = null)
    {
        var name = $"app{Interlocked.Increment(ref apps)}";
        await Ada.Send(new RegisterApp(Ada.Id, name, System.Text.Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{name}}","paths":{{paths}}}""")));
        if (visibility is not null)
            await Ada.Send(new SetVisibility(Ada.Id, name, visibility.Mode, [.. visibility.Peers.Select(Domain.Portals.TypedPortalId.Of)]));
        return name;
    }

    /// <summary>As a proxy asks: nothing but what the client sent, and the four fields.</summary>
    internal Task<Said> Ask(string app, string target, string method = "GET", string path = "/internal/auth", params (string Name, string Value)[] headers) =>
        Inner.Say(HttpMethod.Get, path, null, [.. Forwarded(app, target, method), .. headers]);

    /// <summary>Byte for byte, since clients join fields of one name.</summary>
    internal async Task<string> Raw((string Name, string Value)[] fields)
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(Ada.Internal.Host, Ada.Internal.Port, TestContext.Current.CancellationToken);
        await using var stream = connection.GetStream();
        var request =
            $"GET /internal/auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{string.Concat(fields.Select(field => $"{field.Name}: {field.Value}\r\n"))}\r\n";
        await stream.WriteAsync(System.Text.Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    internal (string Name, string Value)[] Forwarded(string app, string target, string method = "GET") =>
    [
        ("X-Forwarded-Method", method), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", $"{app}.{Ada.Domain}"), ("X-Forwarded-Uri", target),
    ];

    /// <summary>What a peer's core adds to a call of this app.</summary>
    internal (string Name, string Value)[] Signed(
        string app, string target, string method = "GET", LivePortal? by = null, string tag = "portal-peer", byte[]? sha256 = null)
    {
        var signer = by ?? Bob;
        var authority = $"{app}.{Ada.Domain}";
        var fields = signer.Services.GetRequiredService<ISignatures>()
            .Sign(signer.Id, tag, method, authority, $"https://{authority}{target}", sha256 ?? EmptySha256, toOriginal: false);
        return [.. fields.Select(field => (field.Key, field.Value))];
    }

    internal async Task<Said> AskSigned(string app, string target, string method = "GET") =>
        await Ask(app, target, method, headers: Signed(app, target, method));

    /// <summary>The secret with which Ada's proxy sends requests to this app.</summary>
    internal string Secret(string app) => Ada.Services.GetRequiredService<IProxySecrets>()
        .Of(Ada.Id, Ada.Services.GetRequiredService<IPortalSnapshots>().Find(Ada.Id)!.Apps[app]);

    internal async Task<string> Session(string app) => (await Owner.Post($"/core/protected/apps/{app}/session")).Json.GetProperty("token").GetString()!;
}
