using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>
/// A peer's signed request through each proxy, tampered with in every way that a header can be forged or lost, once for each header that an app
/// receives from us.
/// </summary>
public sealed class ReplacedHeadersTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "peer", "headers": { "X-Ptl-Mail": "{{ auth.client_id[:6] }}@mail", "X-PTL-Portal-2": "{{ portal.short_id }}" } } }""";

    /// <summary>Those that the proxy sets itself.</summary>
    private static readonly string[] FromProxy = [ProxySecret.Header, "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"];

    /// <summary>Those that pass between proxy and core only.</summary>
    private static readonly string[] Internal = ["X-Forwarded-Method", "X-Forwarded-Uri", AppRequest.ServedHost];

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task No_caller_can_forge_double_or_remove_a_header_that_an_app_gets_from_us(string program)
    {
        await two.App("""{ "": { "access": "public", "headers": { "X-Ptl-Of-Another-App": "x" } } }""");
        var app = await two.App(Paths, Visibility.All);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        string[] identity = [.. IdentityHeaders.Of(two.Ada.Snapshot).Names];
        string[] all = [.. identity, .. IdentityHeaders.FromRequest, .. FromProxy];
        var honest = Values(await Send(rig, app, "Connection: close"), all);
        Assert.Equal("peer", honest["X-Ptl-Client-Type"]);
        Assert.Equal((two.Bob.Id.Value, $"{two.Bob.Id.Short}@mail", two.Ada.Id.Short.Value, ""),
            (honest["X-Ptl-Client-Id"], honest["X-Ptl-Mail"], honest["X-PTL-Portal-2"], honest["X-Ptl-Of-Another-App"]));
        Assert.Equal(two.Secret(app), honest[ProxySecret.Header]);
        Assert.Equal(("theirs=1", "Bearer theirs"), (honest["Cookie"], honest["Authorization"]));
        Assert.StartsWith("sha-256=", honest["Content-Digest"], StringComparison.Ordinal);

        foreach (var name in all.Concat(Internal))
        {
            string[] listed =
            [
                $"Connection: close, {name}", $"Connection: {name.ToLowerInvariant()} ,close", $"Connection: close\r\nConnection: {name}",
                $"Connection: {name}, Upgrade\r\nUpgrade: websocket", $"Connection: {string.Join(", ", all)}, close",
            ];
            foreach (var attack in listed)
            {
                var answer = await Send(rig, app, attack);
                Assert.True(answer.Status == 200, $"{attack}: {answer.Status} {answer.Code}");
                Assert.Equal(honest, Values(answer, all));
            }

            var (under, dotted) = (name.Replace('-', '_'), name.Replace('-', '.'));
            IEnumerable<string> forged = [$"{under}: forged", $"{dotted}: forged", $"{under.ToLowerInvariant()}: forged"];
            if (!IdentityHeaders.FromRequest.Contains(name)) // these are the caller's own to send
                forged = forged.Concat([$"{name}: forged", $"{name.ToLowerInvariant()}: forged", $"{name.ToUpperInvariant()}: forged\r\n{name}: forged"]);
            foreach (var attack in forged.Where(line => line.AsSpan().ContainsAny('-', '_', '.'))) // Cookie and Authorization have no alias
            {
                var answer = await Send(rig, app, attack + "\r\nConnection: close");
                if ((answer.Status, answer.Code) == (400, "header_reserved"))
                    continue;
                Assert.True(answer.Status == 200, $"{attack}: {answer.Status} {answer.Code}");
                Assert.Equal(honest, Values(answer, all));
                Assert.DoesNotContain("forged", answer.Body, StringComparison.Ordinal);
            }
        }
    }

    private Task<RawAnswer> Send(LiveProxyRig rig, string app, string lines)
    {
        var host = $"{app}.{two.Ada.Domain}";
        return rig.Send(host,
        [
            "GET /x HTTP/1.1", $"Host: {host}", "Cookie: theirs=1", "Authorization: Bearer theirs",
            .. two.Signed(app, "/x").Select(field => $"{field.Name}: {field.Value}"), .. lines.Split("\r\n"),
        ]);
    }

    /// <summary>nginx leaves an empty header out, where Caddy sends it without a value.</summary>
    private static SortedDictionary<string, string> Values(RawAnswer answer, IEnumerable<string> names)
    {
        var arrived = answer.Json.GetProperty("headers").EnumerateObject()
            .ToDictionary(header => header.Name, header => header.Value.GetString(), StringComparer.OrdinalIgnoreCase);
        return new(names.ToDictionary(name => name, name => arrived.GetValueOrDefault(name, "")!), StringComparer.Ordinal);
    }
}
