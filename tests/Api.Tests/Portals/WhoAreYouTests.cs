using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>How a Portal answers those who ask who it is, and what it signs of that.</summary>
public sealed class WhoAreYouTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Path = "/core/public/meta/whoareyou";
    private const string Challenge = "Zm9ydHktdHdvLXplYnJhcy1kcmlua2luZw";
    private Neighbourhood zone = null!;
    private LivePortal portal = null!;
    private HttpClient anybody = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada");
        anybody = zone.Client();
        anybody.BaseAddress = new Uri($"https://{portal.Domain}");
    }

    public async ValueTask DisposeAsync()
    {
        anybody.Dispose();
        await portal.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task It_tells_who_it_is_and_may_be_kept()
    {
        using var answer = await anybody.GetAsync(Path, TestContext.Current.CancellationToken);
        var identity = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;

        string[] members = ["id", "name", "email", "description", "is_default", "public_key_pem", "domain", "short_id"];
        Assert.Equal(members, identity.EnumerateObject().Select(member => member.Name));
        Assert.Equal(portal.Id.Value, PublicKey.Parse(identity.GetProperty("public_key_pem").GetString()).Id.Value);
        Assert.Equal((portal.Id.Value, portal.Domain, "Ada", true), (
            identity.GetProperty("id").GetString(), identity.GetProperty("domain").GetString(), identity.GetProperty("name").GetString(),
            identity.GetProperty("is_default").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, identity.GetProperty("email").ValueKind);
        Assert.False(answer.Headers.Contains("Signature"));
        Assert.True(answer.Headers.CacheControl is { Public: true, NoTransform: true, MaxAge.TotalSeconds: 60 });
    }

    [Fact]
    public async Task With_a_challenge_it_signs_and_the_signature_is_bound_to_the_challenge()
    {
        var (status, fields, body) = await Ask(anybody, $"{Path}?challenge={Challenge}");
        var signatures = portal.Services.GetRequiredService<ISignatures>();
        var key = portal.Snapshot.Portal.Key;
        string? Verify(string domain, string target, byte[] heard) =>
            signatures.VerifyAnswer(key, (int)status, heard, fields, new ReceivedRequest("GET", "https", domain, target, new Heard([])));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Null(Verify(portal.Domain, $"{Path}?challenge={Challenge}", body));
        Assert.Equal("signature_invalid", Verify(portal.Domain, $"{Path}?challenge={Challenge}x", body));
        Assert.Equal("signature_invalid", Verify("zzzzzz.zone.test", $"{Path}?challenge={Challenge}", body));
        Assert.Equal("digest_mismatch", Verify(portal.Domain, $"{Path}?challenge={Challenge}", [.. body, 32]));
        Assert.Contains("no-transform", fields.Get("Cache-Control")[0], StringComparison.Ordinal);
        Assert.Contains("no-store", fields.Get("Cache-Control")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_challenge_is_one_base64url_text_of_22_to_86_characters()
    {
        string[] good = [new('a', 22), new('-', 86)];
        string[] bad = [new('a', 21), new('a', 87), "aaaaaaaaaaaaaaaaaaaaaaaa%20", "aaaaaaaaaaaaaaaaaaaaaaaa+/", "aaaaaaaaaaaaaaaaaaaaaaaa%0D%0Ax:y",
        "aaaaaaaaaaaaaaaaaaaaaaaa&challenge=a"];

        foreach (var challenge in good)
            Assert.Equal(HttpStatusCode.OK, (await Ask(anybody, $"{Path}?challenge={challenge}")).Status);

        foreach (var challenge in bad)
        {
            var (status, fields, _) = await Ask(anybody, $"{Path}?challenge={challenge}");
            Assert.Equal((challenge, HttpStatusCode.BadRequest), (challenge, status));
            Assert.Empty(fields.Get("Signature"));
        }
    }

    [Fact]
    public async Task One_address_gets_five_signatures_a_second()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Ask(anybody, $"{Path}?challenge={Challenge}", "203.0.113.7")));

        Assert.InRange(answers.Count(answer => answer.Status == HttpStatusCode.OK), 5, 15); // more than one second may pass here
        Assert.All(answers.Where(answer => answer.Status != HttpStatusCode.OK), answer =>
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, answer.Status);
            Assert.Equal("1", Assert.Single(answer.Fields.Get("Retry-After")));
        });
        Assert.Equal(HttpStatusCode.OK, (await Ask(anybody, Path, "203.0.113.7")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Ask(anybody, $"{Path}?challenge={Challenge}", "203.0.113.8")).Status);
    }

    private static async Task<(HttpStatusCode Status, Heard Fields, byte[] Body)> Ask(HttpClient client, string target, string? from = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        if (from is not null)
            request.Headers.Add(Neighbourhood.Address, from);

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (answer.StatusCode, new Heard(answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
            .SelectMany(field => field.Value.Select(value => KeyValuePair.Create(field.Key, value)))), await answer.Content.ReadAsByteArrayAsync());
    }

    private sealed class Heard(IEnumerable<KeyValuePair<string, string>> lines) : IFields
    {
        private readonly ILookup<string, string> lines = lines.ToLookup(line => line.Key, line => line.Value, StringComparer.OrdinalIgnoreCase);

        public IReadOnlyList<string> Get(string name) => [.. lines[name]];
    }
}
