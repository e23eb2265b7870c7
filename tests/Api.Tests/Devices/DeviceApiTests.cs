using System.Net;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Devices;

/// <summary>Pairing, sessions and revocation, and what is tried against them.</summary>
public sealed class DeviceApiTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Terminals = "/core/protected/terminals";
    private readonly MovableTime clock = new();
    private Neighbourhood zone = null!;
    private LivePortal portal = null!;
    private HttpClient anybody = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada", services => services.AddSingleton<TimeProvider>(clock));
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
    public async Task A_code_pairs_one_device_and_its_token_opens_the_owners_API_by_cookie_or_bearer()
    {
        var code = await Code();
        var paired = await Pair($" {code[..4]}-{code[4..].ToUpperInvariant()} ", "Büro 🐈");
        var token = paired.Json.GetProperty("token").GetString()!;

        Assert.Equal(HttpStatusCode.Created, paired.Status);
        Assert.StartsWith($"__Host-portal={token}; max-age=7776000; path=/; secure; samesite=lax; httponly", paired.Header("Set-Cookie"),
            StringComparison.Ordinal);
        foreach (var way in new[] { HttpCalls.Bearer(token), ("Cookie", $"__Host-portal={token}") })
        {
            var device = Assert.Single((await anybody.Get(Terminals, way)).Json.EnumerateArray());
            Assert.Equal(("Büro 🐈", true), (device.GetProperty("name").GetString(), device.GetProperty("this_device").GetBoolean()));
            Assert.Equal("terminal", (await anybody.Get("/core/public/meta/whoami", way)).Json.GetProperty("type").GetString());
        }

        Assert.Equal("code_invalid", (await Pair(code)).Code);
        Assert.Equal("not_authenticated", (await anybody.Get(Terminals)).Code);
        Assert.Equal("token_invalid", (await anybody.Get(Terminals, HttpCalls.Bearer(Token.Create()))).Code);
        Assert.Equal("anonymous", (await anybody.Get("/core/public/meta/whoami")).Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Tokens_and_codes_are_not_stored()
    {
        var code = await Code();
        var token = (await Pair(code)).Json.GetProperty("token").GetString()!;
        var events = await new TestStore(portal.Services).ReadStream(portal.Id, $"device-{portal.Snapshot.Devices.Keys.Single()}", default);
        Assert.DoesNotContain(token, string.Join("", events.Select(e => e.ToString())), StringComparison.Ordinal);

        await using var database = Npgsql.NpgsqlDataSource.Create(portal.Database);
        await using var all =
            database.CreateCommand("select (select jsonb_agg(c)::text from registry.credentials c) || (select jsonb_agg(p)::text from registry.pairing_codes p)");
        var rows = (string)(await all.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        Assert.DoesNotContain(token, rows, StringComparison.Ordinal);
        Assert.DoesNotContain(code, rows, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(TokenHash.Of(token).ToArray()), rows, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_name_does_not_consume_the_code()
    {
        var good = await Code();
        foreach (var (body, code) in new[]
                 {
                     ("""{"name":""}""", "name_invalid"), ("""{"name":null}""", "json_invalid"), ("{}", "json_invalid"), ("""{"name":"x","admin":true}""", "json_invalid"),
                     ("{\"name\":\"a\\r\\nX-Ptl-Client-Type: terminal\"}", "name_invalid"), ("{\"name\":\"a\\u202eb\"}", "name_invalid"),
                 })
        {
            Assert.Equal(code, (await anybody.Post($"/core/public/pair/terminal?code={good}", body)).Code);
        }

        Assert.Equal(HttpStatusCode.Created, (await Pair(good)).Status);
    }

    [Fact]
    public async Task Five_wrong_tries_invalidate_a_code()
    {
        var code = await Code();
        for (var i = 0; i < 5; i++)
            Assert.Equal((HttpStatusCode.Unauthorized, "code_invalid"), await Refusal(WithWrongSecret(code)));
        Assert.Equal((HttpStatusCode.Unauthorized, "code_invalid"), await Refusal(code));
        Assert.Equal(HttpStatusCode.Created, (await Pair(await Code())).Status);
    }

    [Fact]
    public async Task Four_wrong_tries_do_not_invalidate_a_code()
    {
        var code = await Code();
        for (var i = 0; i < 4; i++)
            Assert.Equal("code_invalid", (await Pair(WithWrongSecret(code))).Code);
        Assert.Equal(HttpStatusCode.Created, (await Pair(code)).Status);
    }

    [Theory]
    [InlineData("aaaaaaaaaaaaaa")] // the selector of no code
    [InlineData("aaaaaaaa")]
    [InlineData("")]
    [InlineData("{code}a")]
    [InlineData("{code without its end}")]
    public async Task A_guess_without_the_selector_of_a_live_code_uses_up_no_try(string guess)
    {
        var code = await Code();
        for (var i = 0; i < 20; i++)
            Assert.Equal("code_invalid",
                (await Pair(guess.Replace("{code}", code, StringComparison.Ordinal).Replace("{code without its end}", code[..^1], StringComparison.Ordinal)))
                    .Code);
        Assert.Equal(HttpStatusCode.Created, (await Pair(code)).Status);
    }

    [Theory]
    [InlineData("{0} {1} {2}")]
    [InlineData("  {0}-{1}-{2}  ")]
    [InlineData("{0}\u2013{1}\u00a0{2}")]
    [InlineData("{0}.{1}/{2}\n")]
    public async Task Case_spaces_and_dashes_in_a_typed_code_do_not_matter(string typed)
    {
        var code = await Code();
        var text = string.Format(null, typed, code[..6].ToUpperInvariant(), code[6..10], code[10..].ToUpperInvariant());
        Assert.Equal(HttpStatusCode.Created, (await Pair(text)).Status);
    }

    [Fact]
    public async Task A_code_lives_ten_minutes()
    {
        var code = await Code();
        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal("code_invalid", (await Pair(code)).Code);
    }

    [Fact]
    public async Task Of_a_hundred_devices_with_the_right_code_one_is_paired()
    {
        var code = await Code();
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Pair(code)));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.Created);
        Assert.Single(portal.Snapshot.Devices);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task A_guesser_with_the_owners_own_address_does_not_keep_the_owner_from_pairing(int addresses)
    {
        using var edge = new HttpClient { BaseAddress = portal.Edge };
        var code = await Code();
        await Guess(edge, 700, i => $"198.51.100.{i % addresses}"); // more than one a second for as long as a code lives
        var paired = await edge.Post($"/core/public/pair/terminal?code={code}", """{"name":"Laptop"}""", ("X-Forwarded-For", "198.51.100.0"));
        Assert.Equal(HttpStatusCode.Created, paired.Status);
    }

    [Fact]
    public async Task Ten_thousand_guesses_from_fifty_addresses_are_held_to_the_limit_of_the_Portal()
    {
        await Code();
        using var edge = new HttpClient { BaseAddress = portal.Edge };
        var guesses = await Guess(edge, 10_000, i => $"198.51.100.{i % 50}");

        // Three hundred a minute for the Portal as a whole; the minute may turn while the test runs.
        Assert.InRange(guesses.Count(guess => guess.Status == HttpStatusCode.Unauthorized), 300, 900);
        Assert.Equal(10_000, guesses.Count(guess => guess.Status is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests));
        var last = guesses.Last(guess => guess.Status == HttpStatusCode.TooManyRequests);
        Assert.Equal("rate_limited", last.Code);
        Assert.InRange(int.Parse(last.Header("Retry-After")!, null), 1, 60);
        Assert.Empty(portal.Snapshot.Devices);
    }

    [Fact]
    public async Task A_process_on_this_machine_gains_nothing_by_forging_an_address_for_every_guess()
    {
        using var edge = new HttpClient { BaseAddress = portal.Edge };
        var guesses = await Guess(edge, 2000, i => $"203.0.{i / 250}.{i % 250}");
        Assert.InRange(guesses.Count(guess => guess.Status == HttpStatusCode.Unauthorized), 300, 900);
    }

    [Fact]
    public async Task One_address_has_sixty_guesses_a_minute_and_does_not_use_up_those_of_others()
    {
        using var edge = new HttpClient { BaseAddress = portal.Edge };
        var guesses = await Guess(edge, 1000, _ => "198.51.100.1");
        Assert.InRange(guesses.Count(guess => guess.Status == HttpStatusCode.Unauthorized), 60, 180);
        Assert.Equal(HttpStatusCode.Unauthorized, Assert.Single(await Guess(edge, 1, _ => "198.51.100.2")).Status);
    }

    [Fact]
    public async Task A_device_is_renamed_and_revoked_with_effect_on_the_next_request()
    {
        using var laptop = await portal.Owner("Laptop");
        using var phone = await portal.Owner("Phone");
        var id = portal.Snapshot.Devices.Values.Single(device => device.Name == "Phone").Id;

        Assert.Equal(HttpStatusCode.NoContent, (await laptop.Say(HttpMethod.Patch, $"{Terminals}/{id}", """{"name":"Telephone"}""")).Status);
        Assert.Equal(["Laptop", "Telephone"], (await laptop.Get(Terminals)).Json.EnumerateArray().Select(d => d.GetProperty("name").GetString()).Order());
        Assert.Equal("Laptop",
            (await laptop.Get(Terminals)).Json.EnumerateArray().Single(d => d.GetProperty("this_device").GetBoolean()).GetProperty("name").GetString());

        Assert.Equal(HttpStatusCode.NoContent, (await laptop.Delete($"{Terminals}/{id}")).Status);
        Assert.Equal("token_invalid", (await phone.Get(Terminals)).Code);
        Assert.Equal("device_unknown", (await laptop.Delete($"{Terminals}/{id}")).Code);
        Assert.Equal("device_unknown", (await laptop.Delete($"{Terminals}/..%2fx")).Code);
        Assert.Equal("device_unknown", (await laptop.Say(HttpMethod.Patch, $"{Terminals}/{id}", """{"name":"x"}""")).Code);
    }

    [Fact]
    public async Task A_session_slides_with_at_most_one_write_an_hour_and_ends_after_ninety_quiet_days()
    {
        using var owner = await portal.Owner();
        DateTimeOffset Until() => portal.Snapshot.Credentials.Values.Single().ExpiresAt!.Value;
        var first = Until();

        clock.Advance(TimeSpan.FromMinutes(59));
        await owner.Get(Terminals);
        Assert.Equal(first, Until());

        clock.Advance(TimeSpan.FromDays(60));
        var cookie = ("Cookie", $"__Host-portal={owner.DefaultRequestHeaders.Authorization!.Parameter}");
        Assert.StartsWith("__Host-portal=", (await anybody.Get(Terminals, cookie)).Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Null((await anybody.Get(Terminals, cookie)).Header("Set-Cookie"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => owner.Get(Terminals)));
        Assert.InRange(Until() - first, TimeSpan.FromDays(60), TimeSpan.FromDays(61));

        clock.Advance(TimeSpan.FromDays(60));
        Assert.Equal(HttpStatusCode.OK, (await owner.Get(Terminals)).Status);
        clock.Advance(TimeSpan.FromDays(90));
        Assert.Equal("token_invalid", (await owner.Get(Terminals)).Code);
    }

    [Fact]
    public async Task A_paired_device_asks_for_the_next_code()
    {
        using var owner = await portal.Owner();
        var asked = await owner.Post($"{Terminals}/pairing-code");
        var code = asked.Json.GetProperty("code").GetString()!;
        Assert.Equal(HttpStatusCode.Created, asked.Status);
        Assert.Equal($"https://{portal.Domain}/pair?code={code}", asked.Json.GetProperty("url").GetString());
        Assert.Equal(HttpStatusCode.Created, (await Pair(code)).Status);
    }

    [Fact]
    public async Task Only_pages_of_the_same_origin_can_change_something_with_the_cookie()
    {
        var token = (await Pair(await Code())).Json.GetProperty("token").GetString()!;
        foreach (var (origin, site, allowed) in new (string?, string?, bool)[]
                 {
                     ("https://notes.{domain}", "same-site", false), ("https://notes.{domain}", null, false), ("https://evil.example", "cross-site", false),
                     ("https://evil.example", null, false), ("null", "cross-site", false), ("null", null, false), (null, "same-site", false),
                     (null, "cross-site", false),
                     ("https://{domain}.evil.example", null, false), ("https://{domain}", "same-site", false), ("ftp://{domain}", null, false),
                     ("https://{domain}", "same-origin", true), ("https://{domain}", null, true), (null, "none", true), ("null", "same-origin", true),
                 })
        {
            var tried = await anybody.Post($"{Terminals}/pairing-code", null, Browser(token, origin, site));
            Assert.True(allowed == (tried.Status == HttpStatusCode.Created), $"{origin} {site}: {tried.Status}");
            if (!allowed)
                Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), (tried.Status, tried.Code));
        }

        Assert.Equal(HttpStatusCode.OK, (await anybody.Get(Terminals, Browser(token, "https://notes.{domain}", "same-site"))).Status);
    }

    private (string Name, string Value)[] Browser(string token, string? origin, string? site) =>
    [
        ("Cookie", $"__Host-portal={token}"),
        .. origin is null ? [] : new[] { ("Origin", origin.Replace("{domain}", portal.Domain, StringComparison.Ordinal)) },
        .. site is null ? [] : new[] { ("Sec-Fetch-Site", site) },
    ];

    /// <summary>Each guess is of the right form and names a code that does not exist.</summary>
    private static async Task<IReadOnlyCollection<Said>> Guess(HttpClient edge, int times, Func<int, string> address)
    {
        var answers = new System.Collections.Concurrent.ConcurrentQueue<Said>();
        await Parallel.ForAsync(0, times, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => answers.Enqueue(
            await edge.Post($"/core/public/pair/terminal?code={i % 1000:D6}{i:D8}", """{"name":"x"}""", ("X-Forwarded-For", address(i)))));
        return answers;
    }

    private static string WithWrongSecret(string code) => code[..^1] + (code[^1] == 'a' ? 'b' : 'a');

    private async Task<(HttpStatusCode Status, string Code)> Refusal(string code) => await Pair(code) is var said ? (said.Status, said.Code) : default;

    private async Task<string> Code() => (await portal.Send(new CreatePairingCode(portal.Id))).Code;

    private Task<Said> Pair(string code, string name = "Test") =>
        anybody.Post($"/core/public/pair/terminal?code={Uri.EscapeDataString(code)}", $$"""{"name":"{{name}}"}""");
}
