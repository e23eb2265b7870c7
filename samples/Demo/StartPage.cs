using System.Globalization;
using System.Net;

namespace PeerRegistry.Demo;

/// <summary>
/// A page on the loopback interface with the ways into both Portals. It makes a pairing link when one is wanted, so none ever is too old. Pages of other
/// sites can neither read it nor have the browser follow its links. Other users of this machine can; the demo has nothing that is worth it.
/// </summary>
internal sealed class StartPage(int port, IReadOnlyList<Portal> portals, string authority) : IAsyncDisposable
{
    private readonly bool plain = portals[0].PageUrl.StartsWith("http:", StringComparison.Ordinal);
    private readonly string[] hosts = [.. new[] { "localhost", "127.0.0.1" }.Select(host => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"))];
    private WebApplication? app;

    public string Url => $"http://{hosts[0]}/";

    public async Task Start(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        app = builder.Build();
        app.Use((context, next) => IsFromHere(context.Request) ? next(context) : Refuse(context));
        app.MapGet("/", () => Results.Content(Page(), "text/html; charset=utf-8"));
        app.MapGet("/authority.crt", () => Results.File(authority, "application/x-x509-ca-cert", "authority.crt"));
        foreach (var portal in portals)
            app.MapGet(Path(portal), async () => Results.Redirect(await portal.PairingLink(ct)));
        await app.StartAsync(ct);
    }

    public string PairUrl(Portal portal) => Url.TrimEnd('/') + Path(portal);

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
    }

    private static string Path(Portal portal) => "/" + portal.Name.ToLowerInvariant();

    /// <summary>Another site's name may lead to this machine (DNS rebinding), so the host counts; and another site's page may link here.</summary>
    private bool IsFromHere(HttpRequest request) =>
        hosts.Contains(request.Host.Value) && request.Headers["Sec-Fetch-Site"].ToString() is "" or "none" or "same-origin"
        && (request.Headers.Origin.Count == 0 || hosts.Contains(request.Headers.Origin.ToString().Replace("http://", "", StringComparison.Ordinal)));

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = 403;
        return context.Response.WriteAsync("Another page led here. Type the address that ./run demo has printed.");
    }

    private string Page() => $$"""
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Two Portals</title>
        <style>:root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}
        section{border:1px solid #8888;border-radius:.6rem;padding:.2rem 1.2rem;margin:1rem 0}code{overflow-wrap:anywhere}</style>
        <main><h1>Two Portals on this machine</h1><p>Anna and Ben are peers of each other, and both have the app Postcards. Be both of them.</p>
        {{string.Concat(portals.Select(Section))}}
        <h2>What to try</h2><ul>{{string.Concat(Tries.Select(what => $"<li>{what}</li>"))}}</ul>
        <h2>Certificates</h2><p>{{(plain ? "The links above are plain HTTP on this machine, and need none." : "")}} Portals reach each other over TLS, with
        certificates of this demo's own authority. Where a link leads to such an address, the browser warns, once for each, unless you import
        <a href="/authority.crt">the authority</a> (<code>{{WebUtility.HtmlEncode(authority)}}</code>). It can vouch for names below .localhost only, and ends
        in a week.</p></main></html>
        """;

    private static string Section(Portal portal) => $"""
        <section><h2>{portal.Name}</h2><ol><li><a href="{Path(portal)}">Make this browser {portal.Name}'s device</a></li>
        <li><a href="{portal.PageUrl}/home">{portal.Name}'s Portal</a> and <a href="{portal.AppPageUrl}/">{portal.Name}'s Postcards</a></li></ol></section>
        """;

    /// <summary>What a newcomer may do next, one sentence each.</summary>
    public static IReadOnlyList<string> Tries =>
    [
        "Send a postcard from Anna to Ben, and answer it.",
        "On Ben's Portal, hide Anna from Postcards, and send another.",
        "Read in Anna's history what happened.",
    ];
}
