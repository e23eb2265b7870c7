using System.Security.Cryptography;
using System.Text.Json;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A peer's signed call on its whole way: the real proxy, the real core, and an app that compares what it gets.</summary>
public sealed class LiveProxyTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/postcards": { "access": "peer" } }""";

    private static readonly byte[] Card = "a card"u8.ToArray();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task Only_the_body_that_was_signed_is_taken_and_only_once(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app);
        var signed = SignedCard(app);

        Assert.Equal((204, null), await Post(rig, app, Card, signed));
        Assert.Equal((401, "not_authenticated"), await Post(rig, app, Card, signed)); // a replay
        Assert.Equal((422, null), await Post(rig, app, "a cart"u8.ToArray(), SignedCard(app)));
        Assert.Equal((422, null), await Post(rig, app, [], SignedCard(app)));
        Assert.Equal((422, null), await Post(rig, app, "another"u8.ToArray(), SignedCard(app), chunked: true));
        Assert.Equal((204, null), await Post(rig, app, Card, SignedCard(app), chunked: true));

        var without = SignedCard(app).Where(field => !IsDigest(field.Name));
        Assert.Equal((401, "not_authenticated"), await Post(rig, app, Card, without));
        var ofAnother = ("Content-Digest", $"sha-256=:{Convert.ToBase64String(SHA256.HashData("a cart"u8))}:");
        Assert.Equal((401, "not_authenticated"), await Post(rig, app, "a cart"u8.ToArray(), [.. SignedCard(app).Where(field => !IsDigest(field.Name)), ofAnother]));
        Assert.Equal((401, "not_authenticated"), await Post(rig, app, "a cart"u8.ToArray(), [.. SignedCard(app), ofAnother]));

        var bob = two.Bob.Id.ToString();
        Assert.Equal([(bob, "a card"), (bob, "a card")], rig.Taken);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task A_refusal_is_the_cores_own(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app);

        Assert.Equal((400, "path_ambiguous"), await Post(rig, app, Card, [], target: "/postcards%2Fx"));
        Assert.Equal((401, "not_authenticated"), await Post(rig, app, Card, []));
        Assert.Equal((403, "forbidden"), await Post(rig, app, Card, two.Signed(app, "/", "POST", sha256: SHA256.HashData(Card)), target: "/"));
        Assert.Empty(rig.Taken);
    }

    private static bool IsDigest(string name) => name.Equals("Content-Digest", StringComparison.OrdinalIgnoreCase);

    private (string Name, string Value)[] SignedCard(string app) => two.Signed(app, "/postcards", "POST", sha256: SHA256.HashData(Card));

    /// <returns>Status, and the code of the problem where there is one.</returns>
    private async Task<(int Status, string? Code)> Post(
        LiveProxyRig rig, string app, byte[] body, IEnumerable<(string Name, string Value)> fields, bool chunked = false, string target = "/postcards")
    {
        var uri = new Uri($"https://{app}.{two.Ada.Domain}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;
        foreach (var (name, value) in fields)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await rig.Client.SendAsync(request, Stop);
        var said = await response.Content.ReadAsStringAsync(Stop);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? JsonDocument.Parse(said).RootElement.GetProperty("code").GetString()
            : null);
    }
}
