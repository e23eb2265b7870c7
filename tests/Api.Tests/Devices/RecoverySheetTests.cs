using System.Net;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Devices;

/// <summary>The recovery sheet, through the owner's API and the pairing of strangers.</summary>
public sealed class RecoverySheetTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Sheet = "/core/protected/recovery-sheet";

    private Neighbourhood zone = null!;
    private LivePortal portal = null!;
    private HttpClient owner = null!;
    private HttpClient anybody = null!;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada");
        owner = await portal.Owner();
        anybody = zone.Client();
        anybody.BaseAddress = new Uri($"https://{portal.Domain}");
    }

    public async ValueTask DisposeAsync()
    {
        owner.Dispose();
        anybody.Dispose();
        await portal.DisposeAsync();
        await zone.DisposeAsync();
    }

    [Fact]
    public async Task Its_code_pairs_one_device_even_after_a_year_and_leaves_no_trace_of_itself()
    {
        var made = await owner.Post(Sheet);
        var code = made.Json.GetProperty("code").GetString()!;
        Assert.Equal($"https://{portal.Domain}/pair?code={code}", made.Json.GetProperty("url").GetString());
        Assert.StartsWith("no-store", made.Header("Cache-Control"), StringComparison.Ordinal);
        zone.Clock.Advance(TimeSpan.FromDays(365));

        var paired = await Pair(RecoveryCode.InGroups(code).ToUpperInvariant());
        Assert.Equal(HttpStatusCode.Created, paired.Status);
        var token = paired.Json.GetProperty("token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await anybody.Get("/core/protected/terminals", HttpCalls.Bearer(token))).Status);
        Assert.Equal("code_invalid", (await Pair(code)).Code);

        var (store, device) = (new TestStore(portal.Services), paired.Json.GetProperty("id").GetString()!);
        var past = await store.ReadStream(portal.Id, "recovery", default);
        Assert.Equal(["RecoverySheetMade", "RecoverySheetUsed"], past.Select(e => e.Data.GetType().Name));
        Assert.Equal(Actor.Device(device), past[1].Actor);
        await using var database = Npgsql.NpgsqlDataSource.Create(portal.Database);
        await using var all = database.CreateCommand(
            "select (select jsonb_agg(c)::text from registry.credentials c) || (select jsonb_agg(e)::text from registry.mt_events e)");
        Assert.DoesNotContain(code, (string)(await all.ExecuteScalarAsync())!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sheet_that_was_replaced_or_revoked_pairs_nobody()
    {
        var first = await Code();
        var second = await Code();
        Assert.Equal("code_invalid", (await Pair(first)).Code);
        Assert.NotEqual(default, (await owner.Get(Sheet)).Json.GetProperty("made_at").GetDateTimeOffset());

        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete(Sheet)).Status);
        Assert.Equal("code_invalid", (await Pair(second)).Code);
        Assert.Equal("recovery_sheet_unknown", (await owner.Delete(Sheet)).Code);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await owner.Get(Sheet)).Json.GetProperty("made_at").ValueKind);
    }

    [Fact]
    public async Task Of_twenty_devices_with_the_same_code_one_is_paired()
    {
        var code = await Code();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Pair(code)));
        Assert.Single(answers, a => a.Status == HttpStatusCode.Created);
        Assert.Equal(2, portal.Snapshot.Devices.Count);
    }

    [Fact]
    public async Task Guesses_are_limited_like_those_of_pairing_codes_but_never_keep_the_owner_out()
    {
        var code = await Code();
        var guess = new string('a', code.Length);
        for (var i = 0; i < 60; i++)
            Assert.Equal("code_invalid", (await Pair(guess, "198.51.100.7")).Code);
        Assert.Equal("rate_limited", (await Pair(guess, "198.51.100.7")).Code);
        Assert.Equal(HttpStatusCode.Created, (await Pair(code, "198.51.100.7")).Status);
    }

    [Fact]
    public async Task The_code_is_no_token_and_no_code_of_another_Portal()
    {
        var code = await Code();
        Assert.Equal("forbidden", (await anybody.Get("/core/protected/terminals", HttpCalls.Bearer(code))).Code);
        var other = await zone.Move("Ben");
        using var stranger = zone.Client();
        stranger.BaseAddress = new Uri($"https://{other.Domain}");
        Assert.Equal("code_invalid", (await stranger.Post($"/core/public/pair/terminal?code={code}", """{"name":"x"}""")).Code);
        Assert.Equal("not_authenticated", (await anybody.Post(Sheet)).Code);
    }

    private async Task<string> Code() => (await owner.Post(Sheet)).Json.GetProperty("code").GetString()!;

    private Task<Said> Pair(string code, string? address = null) => anybody.Post(
        $"/core/public/pair/terminal?code={Uri.EscapeDataString(code)}", """{"name":"New"}""", [.. address is null ? [] : new[] { (Neighbourhood.Address, address) }]);
}
