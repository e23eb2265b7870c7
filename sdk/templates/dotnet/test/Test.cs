// ./run dev FOLDER --test runs this while the app runs on two Portals, and says in the environment how to reach them as their owners.
using System.Text.Json;

await Ask("ANNA", "/send", new() { ["to"] = Said("BEN_ID"), ["text"] = "Ahoy from Anna!" });

using var received = JsonDocument.Parse(await Ask("BEN", "/received"));
var message = received.RootElement.EnumerateArray().Single();
var (from, name, text) = (message.GetProperty("from").GetString(), message.GetProperty("name").GetString(), message.GetProperty("text").GetString());
if ((from, text) != (Said("ANNA_ID"), "Ahoy from Anna!"))
    throw new InvalidOperationException($"Ben has received {message}.");
Console.WriteLine($"Ben received from {name}: {text}");

// Asks the app on the Portal of ANNA or BEN, as a program of this owner.
static async Task<string> Ask(string owner, string path, Dictionary<string, string>? form = null)
{
    using var http = new HttpClient();
    using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, Said($"{owner}_URL") + path);
    request.Headers.Host = Said($"{owner}_HOST");
    request.Headers.Authorization = new("Bearer", Said($"{owner}_TOKEN"));
    request.Content = form is null ? null : new FormUrlEncodedContent(form);
    using var answer = await http.SendAsync(request);
    return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
}

static string Said(string name) => Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
