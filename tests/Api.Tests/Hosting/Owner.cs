using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The owner's paired device, talking to the edge listener of a <see cref="RegistryProcess"/>.</summary>
internal static class Owner
{
    /// <returns>Good for this Portal whenever it runs; the edge is where it runs now.</returns>
    public static async Task<string> Pair(RegistryProcess registry)
    {
        var printed = new Uri(registry.Said.Single(line => line.StartsWith("PAIR ", StringComparison.Ordinal))[5..]);
        using var http = new HttpClient();
        using var answer = await http.PostAsJsonAsync($"{registry.Edge}/core/public/pair/terminal{printed.Query}", new { name = "test" });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    public static HttpClient Client(RegistryProcess registry, string token) => new()
    {
        BaseAddress = new Uri(registry.Edge),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };
}
