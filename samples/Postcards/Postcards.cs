using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

// A whole app for a Portal. Its owner writes postcards to peers, and the Postcards of peers deliver theirs here. It needs no login, no keys and
// no address book: the core lets only the right callers in, says who they are, and carries what this app sends to the same app at a peer.
// Settings: PORTAL_CORE (the core's internal address), PORTAL_TOKEN (from the app's page), CARDS_FILE (where the cards are kept; none: in memory).
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 16 << 10);
var app = builder.Build();
using var core = new HttpClient { BaseAddress = new Uri(app.Configuration["PORTAL_CORE"] ?? "http://portal_core"), MaxResponseContentBufferSize = 4 << 20 };
core.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", app.Configuration["PORTAL_TOKEN"]);
var cards = new Cards(app.Configuration["CARDS_FILE"]);

// Headers say who calls, but any program that reaches this port can send headers. Those that the Portal sets come with a secret, which the
// core tells us.
ProxySecret? known = null;
app.Use(async (context, next) =>
{
    known ??= await core.GetFromJsonAsync<ProxySecret>("/protected/proxy-secret", Wire.Json);
    var (sent, secret) = (Encoding.UTF8.GetBytes(context.Request.Headers[known!.Header].ToString()), Encoding.UTF8.GetBytes(known.Secret));
    if (CryptographicOperations.FixedTimeEquals(sent, secret))
        await next(context);
    else
        await Results.Text("This request did not come through the Portal.", statusCode: 403).ExecuteAsync(context);
});
app.Use((context, next) =>
{
    context.Response.Headers.ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    return next(context);
});
app.UseStaticFiles(); // the style and the icon, from wwwroot

// The owner's page. app_meta.json makes this path private, so only devices of the owner come this far.
app.MapGet("/", async (HttpRequest request) => Show(request, await Peers(), new Draft(request.Query["to"].ToString(), "", null), 200));
app.MapGet("/received", () => cards.All.Where(card => !card.Sent).Select(card => new { from = card.Peer, card.Name, card.Text, card.At }));

// Sending: the core finds the peer's Portal, signs, and returns what Postcards there answers, or a problem with a code.
app.MapPost("/send", async (HttpRequest request) =>
{
    var form = await request.ReadFormAsync();
    var (to, text, peers) = (form["to"].ToString(), form["text"].ToString().ReplaceLineEndings("\n"), await Peers());
    var name = peers.Find(peer => peer.Id == to)?.Name ?? to;
    var (status, code) = await Deliver(to, text);
    if (status is < 200 or > 299)
        return Show(request, peers, new Draft(to, text, Words.For(request).Failure(code, name)), status);

    cards.Add(new Postcard(true, to, name, text, TimeProvider.System.GetUtcNow()));
    return Results.LocalRedirect($"/?sent={Uri.EscapeDataString(to)}");
});

// Receiving: app_meta.json opens this path to peers only, so a peer has signed this. The core's own gateway has also compared the body with the
// signed digest (X-Ptl-Body-Verified). Behind a proxy that only asks the core, nobody has; comparing always is right in both cases.
app.MapPost("/postcards", async (HttpRequest request) =>
{
    using var body = new MemoryStream();
    await request.Body.CopyToAsync(body);
    if (request.Headers["Content-Digest"] != $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body.ToArray()))}:")
        return Results.Text("This is not the body that the peer signed.", statusCode: 400);
    if (Message.Read(body.ToArray()) is not { } message)
        return Results.Text($"A postcard is {{\"text\": …}} with 1 to {Message.MaxLength} characters.", statusCode: 400);

    var (from, name) = (request.Headers["X-Ptl-Client-Id"].ToString(), request.Headers["X-Ptl-Client-Name"].ToString());
    cards.Add(new Postcard(false, from, name, message.Text, TimeProvider.System.GetUtcNow()));
    return Results.NoContent();
});

await app.RunAsync();

IResult Show(HttpRequest request, List<Peer> peers, Draft draft, int status) =>
    Results.Content(Page.Of(request, peers, cards.All, draft), "text/html; charset=utf-8", statusCode: status);

// The response may be the peer's own, so it may be anything.
async Task<(int Status, string? Code)> Deliver(string to, string text)
{
    try
    {
        using var answer = await core.PostAsJsonAsync($"/internal/call_peer/{Uri.EscapeDataString(to)}/postcards", new Message(text));
        return ((int)answer.StatusCode, await Wire.Code(answer));
    }
    catch (HttpRequestException)
    {
        return (502, "answer_invalid");
    }
}

// The peers that the owner lets Postcards see, in pages of at most 1000.
async Task<List<Peer>> Peers()
{
    var all = new List<Peer>();
    for (string? after = null; ; after = all[^1].ShortId)
    {
        var page = await core.GetFromJsonAsync<Peer[]>($"/protected/peers?after={after}", Wire.Json) ?? [];
        all.AddRange(page);
        if (page.Length < 1000)
            return all;
    }
}
