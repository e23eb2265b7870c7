using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary><c>./run pair</c>, beside a running registry and without one.</summary>
public sealed class PairVerbTests : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task The_operator_gets_a_fresh_link_at_any_time_though_a_device_is_paired()
    {
        var zone = ("Portal__Zone", "zone.test");
        string devices, id, link;
        await using (var registry = await RegistryProcess.Start(data.Directory, zone))
        {
            id = registry.Portal;
            await Owner.Pair(registry);
            link = await Printed(["pair"], zone);
            Assert.StartsWith($"https://{id[..6]}.zone.test/pair?code=", link, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Created, await Open(registry, link));
            Assert.Equal(HttpStatusCode.Unauthorized, await Open(registry, link));

            var (code, said, errors) = await RegistryProcess.Run(data.Directory, ["pair", "--portal", id[..6] == "zzzzzz" ? "yyyyyy" : "zzzzzz"], zone);
            Assert.Equal((1, 0), (code, said.Count));
            Assert.Contains($"There are: {id[..6]}.", errors, StringComparison.Ordinal);
        }

        link = await Printed(["pair", "--portal", id[..8].ToUpperInvariant()], zone);
        await using (var registry = await RegistryProcess.Start(data.Directory, zone))
        {
            using var owner = Owner.Client(registry, await Token(registry, link));
            devices = await owner.GetStringAsync("/core/protected/terminals");
        }

        Assert.Equal(3, JsonDocument.Parse(devices).RootElement.GetArrayLength());
    }

    private async Task<string> Printed(string[] words, params (string, string)[] settings)
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, words, settings);
        Assert.True(code == 0, errors);
        Assert.Equal(["PAIR", "VALID"], said.Select(line => line.Split(' ')[0]));
        var until = DateTimeOffset.ParseExact(said[1]["VALID until ".Length..said[1].IndexOf(" UTC", StringComparison.Ordinal)], "yyyy-MM-dd HH:mm:ss",
            CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(until - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        return said[0]["PAIR ".Length..];
    }

    private static async Task<HttpStatusCode> Open(RegistryProcess registry, string link)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{registry.Edge}/core/public/pair/terminal{new Uri(link).Query}", new { name = "again" });
        return answer.StatusCode;
    }

    private static async Task<string> Token(RegistryProcess registry, string link)
    {
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{registry.Edge}/core/public/pair/terminal{new Uri(link).Query}", new { name = "third" });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }
}
