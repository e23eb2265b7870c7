using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Tests;
using PeerRegistry.Api.Hosting;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>
/// A database that release 1 wrote (earlier-release/registry.sql) is opened by this one, which answers what release 1 answered about
/// it (answers.json).
/// </summary>
public sealed class EarlierReleaseTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly JsonElement Answers =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Hosting/earlier-release/answers.json"))).RootElement;

    private static readonly DateTimeOffset WrittenAt = new(2026, 11, 25, 22, 0, 0, TimeSpan.Zero);

    private readonly string data = Directory.CreateTempSubdirectory("peerregistry-earlier-").FullName;
    private WebApplication app = null!;
    private HttpClient owner = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        await using (var source = NpgsqlDataSource.Create(database))
        await using (var restore =
            source.CreateCommand(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Hosting/earlier-release/registry.sql"))))
            await restore.ExecuteNonQueryAsync();
        var clock = new MovableTime();
        clock.Advance(WrittenAt - clock.GetUtcNow()); // sessions of that time have not expired
        var masterKey = Path.Combine(data, "master.key");
        await File.WriteAllBytesAsync(masterKey, Answers.GetProperty("master_key").GetBytesFromBase64());
        File.SetUnixFileMode(masterKey, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        app = RegistryHost.Build(
            [
                $"--ConnectionStrings:Registry={database}",
                $"--Data:Directory={data}",
                "--Listen:Edge=http://127.0.0.1:0",
                "--Listen:Internal=http://127.0.0.1:0",
                "--Portal:Zone=anna.localhost",
                "--Logging:LogLevel:Default=Warning",
            ],
            services => services.AddSingleton<TimeProvider>(clock));
        await app.StartAsync();
        owner = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        owner.DefaultRequestHeaders.Authorization = new("Bearer", Answers.GetProperty("token").GetString());
    }

    public async ValueTask DisposeAsync()
    {
        owner.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task The_Portal_keeps_its_ID_and_its_profile()
    {
        var self = await Get("/core/public/meta/whoareyou?challenge=AAAAAAAAAAAAAAAAAAAAAA");
        Assert.Equal(Answers.GetProperty("id").GetString(), self.GetProperty("id").GetString());
        Assert.Equal("Anna", self.GetProperty("name").GetString());
        Assert.Equal("anna@example.org", self.GetProperty("email").GetString());
        Assert.Equal("Grows **roses**.", self.GetProperty("description").GetString());
        using var avatar = await owner.GetAsync("/core/public/meta/avatar");
        Assert.Equal("image/png", avatar.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_list_of_peers_is_the_same()
    {
        var peers = await Get("/core/protected/peers");
        Assert.Equal(
            Answers.GetProperty("peers").EnumerateArray().Select(StablePart),
            peers.EnumerateArray().Select(StablePart));
    }

    [Fact]
    public async Task Devices_stay_paired_and_apps_registered()
    {
        var devices = await Get("/core/protected/terminals");
        Assert.Equal(
            Answers.GetProperty("terminals").EnumerateArray().Select(d => $"{d.GetProperty("id")} {d.GetProperty("name")} {d.GetProperty("paired_at")}"),
            devices.EnumerateArray().Select(d => $"{d.GetProperty("id")} {d.GetProperty("name")} {d.GetProperty("paired_at")}"));
        Assert.Equal("postcards", Assert.Single((await Get("/core/protected/apps")).EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(
            Seen(Answers.GetProperty("visibility")),
            Seen(await Get("/core/protected/apps/postcards/visibility")));
        static string Seen(JsonElement visibility) =>
            $"{visibility.GetProperty("mode")} {string.Join(' ', visibility.GetProperty("peers").EnumerateArray())}";
    }

    [Fact]
    public async Task The_whole_history_reads_as_before_and_goes_on()
    {
        var before = Answers.GetProperty("events").EnumerateArray().Select(e => JsonSerializer.Serialize(e)).ToList();
        Assert.Equal(before, (await Events()).Take(before.Count));

        using var renamed = await owner.PutAsJsonAsync("/core/protected/peers", new { id = "zzzzzz", name = "Carla B." });
        renamed.EnsureSuccessStatusCode();
        Assert.Contains(await Events(), e => e.Contains("Carla B.", StringComparison.Ordinal));
    }

    private async Task<List<string>> Events() =>
        [.. (await Get("/core/protected/events?limit=1000")).EnumerateArray().Select(e => JsonSerializer.Serialize(e))];

    /// <summary>What no contact with the peer changes.</summary>
    private static string StablePart(JsonElement peer) => string.Join(' ', new[]
    {
        "id", "short_id", "name", "petname", "claimed_name", "domain", "status", "blocked", "is_original", "verified", "public_key_pem", "added_at",
        "confirmed_at",
    }.Select(member => $"{member}={peer.GetProperty(member)}"));

    private async Task<JsonElement> Get(string path)
    {
        using var answer = await owner.GetAsync(path);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
