using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

// A whole app for a Portal: its owner writes postcards to peers, and peers' Postcards deliver theirs here. It knows nothing but
// HTTP: two settings (PORTAL_CORE, PORTAL_TOKEN), three calls to the core, and four headers that the core and its proxy set.
var app = WebApplication.Create(args);
using var core = new HttpClient { BaseAddress = new Uri(app.Configuration["PORTAL_CORE"] ?? "http://portal_core") };
core.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", app.Configuration["PORTAL_TOKEN"]);
var received = new ConcurrentQueue<Postcard>();

// Headers say who calls, and whoever reaches this port can send headers. Those of the Portal's proxy come with a secret, which the core tells
// us; anything without it did not come through the proxy.
ProxySecret? known = null;
app.Use(async (context, next) =>
{
    known ??= await core.GetFromJsonAsync<ProxySecret>("/protected/proxy-secret", Wire.Json);
    var (sent, secret) = (Encoding.UTF8.GetBytes(context.Request.Headers[known!.Header].ToString()), Encoding.UTF8.GetBytes(known.Secret));
    if (CryptographicOperations.FixedTimeEquals(sent, secret))
        await next(context);
    else
        await Results.Text("This request did not come through the Portal's proxy.", statusCode: 403).ExecuteAsync(context);
});

// The owner's page: a private path, so that only the owner's devices come this far.
app.MapGet("/", async () => Results.Content(Page.Of(await core.GetFromJsonAsync<Peer[]>("/protected/peers", Wire.Json) ?? [], received), "text/html; charset=utf-8"));
app.MapGet("/received", () => received);

// Sending: the core finds the peer's Portal, signs, and hands back whatever Postcards there answers.
app.MapPost("/send", async (HttpRequest request) =>
{
    var form = await request.ReadFormAsync();
    using var answer = await core.PostAsJsonAsync($"/internal/call_peer/{Uri.EscapeDataString(form["to"].ToString())}/postcards", new Message(form["text"].ToString()));
    return answer.IsSuccessStatusCode ? Results.LocalRedirect("/") : Results.Text(await answer.Content.ReadAsStringAsync(), statusCode: (int)answer.StatusCode);
}).DisableAntiforgery(); // the core refuses what comes from other sites

// Receiving: a peer path. The core has verified who signed; the body it never saw, so that comparison is ours.
app.MapPost("/postcards", async (HttpRequest request) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body.ToArray()))}:";
    if (request.Headers["Content-Digest"] != digest)
        return Results.Text("This is not the body that the peer signed.", statusCode: 400);

    var message = JsonSerializer.Deserialize<Message>(body.ToArray(), Wire.Json)!;
    received.Enqueue(new Postcard(request.Headers["X-Ptl-Client-Id"].ToString(), request.Headers["X-Ptl-Client-Name"].ToString(), message.Text));
    while (received.Count > 1000)
        received.TryDequeue(out _);
    return Results.NoContent();
});

await app.RunAsync();

internal sealed record Message(string Text);

/// <param name="From">Full ID.</param>
internal sealed record Postcard(string From, string Name, string Text);

/// <param name="Header">The name of the header that carries it.</param>
internal sealed record ProxySecret(string Header, string Secret);

internal sealed record Peer(string Id, string ShortId, string Name, string Status);

internal static class Wire
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
