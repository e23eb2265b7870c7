using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>How much of a body is read, how slowly, and how much is held at a time.</summary>
public sealed class BodyLimitTests(EveryRoute routes) : IClassFixture<EveryRoute>
{
    private const int Usual = 16 * 1024;

    /// <summary>Every route that takes more than 16 KiB, and one that takes less.</summary>
    private static readonly Dictionary<string, long> Other = new()
    {
        ["PUT /core/protected/apps/{name}"] = 1 << 20,
        ["PUT /core/protected/apps/{name}/visibility"] = 1 << 20,
        ["POST /apps"] = (3 << 20) + Usual,
        ["POST /apps/{name}/visibility"] = 256 * 1024,
        ["POST /apps/{name}/find"] = 256 * 1024,
        ["PUT /core/protected/apps/{name}/icon"] = (256 * 1024) + 1,
        ["POST /apps/{name}/icon"] = (256 * 1024) + Usual,
        ["POST /core/protected/circles/{id}/peers"] = 1 << 20,
        ["POST /circles/{id}/peers"] = 256 * 1024,
        ["POST /circles/{id}/find"] = 256 * 1024,
        ["PUT /core/protected/profile"] = 90_000 + Usual,
        ["POST /profile"] = 90_000 + Usual,
        ["POST /profile/preview"] = 90_000 + Usual,
        ["PUT /core/protected/identities"] = 90_000 + Usual,
        ["PUT /core/protected/identities/default/avatar"] = (8 << 20) + Usual,
        ["PUT /core/protected/profile/avatar"] = (8 << 20) + Usual,
        ["POST /profile/avatar"] = (8 << 20) + Usual,
        ["POST /core/protected/invites"] = 1024,
        ["POST /peers/bulk/do"] = 90_000 + Usual,
        ["POST /peers/import"] = (1 << 20) + Usual,
        ["POST /peers/import/do"] = (1 << 20) + Usual,
    };

    [Fact]
    public void Every_route_has_the_usual_limit_or_one_that_is_listed_here() => Assert.Equal(
        Other.Select(o => $"{o.Key}: {o.Value}").Order(StringComparer.Ordinal),
        routes.Routes.Where(r => r.Endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is not null)
            .Select(r => $"{r}: {r.Endpoint.Metadata.GetMetadata<IRequestSizeLimitMetadata>()!.MaxRequestBodySize}").Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_body_above_the_limit_is_refused_on_every_route_that_reads_one()
    {
        using var owner = await routes.Portal.Owner();
        var cookie = await routes.FormCookie(owner);
        var reading = routes.Routes.Where(r => r.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null).ToList();
        Assert.True(reading.Count > 25, $"{reading.Count}");
        foreach (var route in reading)
        {
            var limit = Other.GetValueOrDefault(route.ToString(), Usual);
            var type = route.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>()!.ContentTypes[0]
                .Replace("multipart/form-data", "multipart/form-data; boundary=part", StringComparison.Ordinal);
            using var edge = new TcpClient();
            await edge.ConnectAsync(routes.Portal.Edge.Host, routes.Portal.Edge.Port, TestContext.Current.CancellationToken);
            await using var stream = edge.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"{route.Method} {routes.Target(route)} HTTP/1.1\r\nHost: {routes.Portal.Domain}\r\nContent-Type: {type}\r\nContent-Length: {limit + 1}\r\n"
                + $"Authorization: {owner.DefaultRequestHeaders.Authorization}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"),
                    TestContext.Current.CancellationToken);
            var said = await ReadToEnd(stream).WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
            Assert.True(said.StartsWith("HTTP/1.1 413 ", StringComparison.Ordinal) && said.Contains("body_too_large", StringComparison.Ordinal),
                $"{route}: {said}");
        }
    }

    [Fact]
    public async Task A_form_without_the_cookie_of_its_page_is_refused_before_its_body_comes()
    {
        var said = await Send("POST /pair", cookie: "", body: [], length: 1000);
        Assert.StartsWith("HTTP/1.1 403 ", said, StringComparison.Ordinal);
    }

    [Theory, InlineData("POST /pair"), InlineData("POST /core/public/pair/terminal?code=00000000"), InlineData("PUT /core/public/peering")]
    public async Task A_body_that_trickles_is_refused(string request)
    {
        using var anybody = routes.Zone.Client();
        anybody.BaseAddress = new Uri($"https://{routes.Portal.Domain}");
        var clock = TimeProvider.System.GetTimestamp();
        var piece = request.Contains("/core/", StringComparison.Ordinal) ? "          " : "name=aaaaa"; // JSON may begin with any number of blanks
        var said = await Send(request, await routes.FormCookie(anybody, "/pair"), [.. Enumerable.Repeat(Encoding.ASCII.GetBytes(piece), 60)], 10_000,
            TimeSpan.FromMilliseconds(500));
        Assert.StartsWith("HTTP/1.1 408 ", said, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(clock), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task The_budget_counts_the_bytes_held_and_is_released_when_the_request_ends()
    {
        var strangers = routes.Portal.Services.GetRequiredService<BodyBudget>().Strangers;
        using var anybody = routes.Zone.Client();
        anybody.BaseAddress = new Uri($"https://{routes.Portal.Domain}");
        var cookie = await routes.FormCookie(anybody, "/pair");
        var before = strangers.Held;
        var held = Send("POST /pair", cookie, [Encoding.ASCII.GetBytes("name=" + new string('a', 11_995))], 12_001, wait: TimeSpan.FromSeconds(2));
        await Until(() => strangers.Held == before + 12_000);
        await held;
        await Until(() => strangers.Held == before);
    }

    [Fact]
    public void One_network_cannot_use_more_than_its_share()
    {
        var share = new BodyShare(total: 100, perNetwork: 40);
        share.Take("192.0.2.0/24", 40);
        Assert.Equal("busy", Assert.Throws<RefusedException>(() => share.Take("192.0.2.0/24", 1)).Code);
        share.Take("198.51.100.0/24", 40);
        Assert.Equal("busy", Assert.Throws<RefusedException>(() => share.Take("203.0.113.0/24", 21)).Code);
        share.Return("192.0.2.0/24", 40);
        share.Take("203.0.113.0/24", 21);
        Assert.Equal(61, share.Held);
    }

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, patience.Token);
    }

    /// <returns>All that was answered until the connection was closed.</returns>
    private async Task<string> Send(string request, string cookie, byte[][] body, int length, TimeSpan wait = default)
    {
        using var edge = new TcpClient();
        await edge.ConnectAsync(routes.Portal.Edge.Host, routes.Portal.Edge.Port, TestContext.Current.CancellationToken);
        await using var stream = edge.GetStream();
        var type = request.Contains("/core/", StringComparison.Ordinal) ? "application/json" : "application/x-www-form-urlencoded";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{request} HTTP/1.1\r\nHost: {routes.Portal.Domain}\r\nContent-Type: {type}\r\nContent-Length: {length}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n"));
        var answer = Answer();
        try
        {
            foreach (var piece in body)
            {
                await stream.WriteAsync(piece);
                if (wait > TimeSpan.Zero && await Task.WhenAny(answer, Task.Delay(wait, TimeProvider.System)) == answer)
                    break;
            }
        }
        catch (IOException)
        {
            // closed by the server while we were writing
        }

        return wait > TimeSpan.Zero && body.Length == 1 ? "" : await answer.WaitAsync(TimeSpan.FromSeconds(30));

        async Task<string> Answer() => await ReadToEnd(stream);
    }

    /// <summary>To the end of the connection, however it ends.</summary>
    private static async Task<string> ReadToEnd(NetworkStream stream)
    {
        var (said, buffer) = (new StringBuilder(), new byte[4096]);
        try
        {
            while (await stream.ReadAsync(buffer) is > 0 and var read)
                said.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            // reset, since not all of the body was read
        }

        return said.ToString();
    }
}
