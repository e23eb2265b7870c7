// Messages from one Portal to another. app_meta.json says who may do what; the Portal sees to it.
using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using PeerRegistry.Client;
using PeerRegistry.Client.Identity;

var builder = WebApplication.CreateBuilder(args);
// In a container, set HOST=0.0.0.0.
builder.WebHost.UseUrls($"http://{builder.Configuration["HOST"] ?? "127.0.0.1"}:{builder.Configuration["PORT"] ?? "3000"}");
builder.Services.AddAuthentication().AddPortal(); // finds the core by PORTAL_CORE_URL and PORTAL_APP_TOKEN
builder.Services.AddAuthorization();
var app = builder.Build();
var received = new ConcurrentQueue<Message>();

// A peer's app calls. The Portal has verified who it is.
app.MapPost("/messages", async (HttpRequest request, ClaimsPrincipal sender) =>
{
    using var body = new StreamReader(request.Body);
    received.Enqueue(new Message(sender.FindFirstValue(ClaimTypes.NameIdentifier)!, sender.Identity!.Name!, await body.ReadToEndAsync()));
    return Results.NoContent();
}).RequireAuthorization(policy => policy.RequireRole(PortalRoles.Peer));

var owner = app.MapGroup("").RequireAuthorization(policy => policy.RequireRole(PortalRoles.Owner));

// The owner writes to a peer: the Portal signs, and finds the same app at the peer's.
owner.MapPost("/send", async ([FromForm] string to, [FromForm] string text, PortalClient portal) =>
{
    try
    {
        using var answer = await portal.Caller(to).PostAsync("/messages", new StringContent(text));
        return answer.IsSuccessStatusCode ? Page("It was delivered. <a href=\"/\">Back</a>") : Page($"The peer answered {(int)answer.StatusCode}", 502);
    }
    catch (PortalException problem)
    {
        return Page($"It was not delivered: {problem.Code}", 502);
    }
}).DisableAntiforgery(); // the Portal refuses forms of other sites

owner.MapGet("/", async (PortalClient portal) =>
{
    var (peers, messages) = ("", string.Concat(received.Select(each => $"<p><b>{Encoded(each.Name)}</b>: {Encoded(each.Text)}</p>")));
    await foreach (var peer in portal.Peers())
        peers += $"<option value=\"{peer.Id}\">{Encoded(peer.Name)}</option>";
    return Page($"""
        <!doctype html><title>Messages</title><form method="post" action="/send"><select name="to">{peers}</select>
        <input name="text" required><button>Send</button></form>{messages}
        """);
});

owner.MapGet("/received", () => received);

app.Run();

static string Encoded(string text) => WebUtility.HtmlEncode(text);

static IResult Page(string html, int status = 200) => Results.Content(html, "text/html; charset=utf-8", statusCode: status);

internal sealed record Message(string From, string Name, string Text);
