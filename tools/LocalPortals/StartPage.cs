using System.Globalization;
using System.Net;

namespace PeerRegistry.LocalPortals;

/// <summary>
/// A page on the loopback interface with the ways into both Portals. It makes a pairing link when one is wanted, so none ever is too old. Pages of other
/// sites can neither read it nor have the browser follow its links. Other users of this machine can; nothing here is worth it.
/// </summary>
/// <param name="authority">The path of the authority's certificate.</param>
/// <param name="app">What people call the app that all the Portals have.</param>
/// <param name="tries">What a newcomer may do next, one sentence each.</param>
internal sealed class StartPage(int port, IReadOnlyList<LocalPortal> portals, string authority, string app, IReadOnlyList<string> tries) : IAsyncDisposable
{
    private readonly bool plain = portals[0].PageUrl.StartsWith("http:", StringComparison.Ordinal);
    private readonly string[] hosts = [.. new[] { "localhost", "127.0.0.1" }.Select(host => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"))];
    private WebApplication? server;

    public string Url => $"http://{hosts[0]}/";

    public async Task Start(CancellationToken ct)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        server = builder.Build();
        server.Use((context, next) => IsFromHere(context.Request) ? next(context) : Refuse(context));
        server.MapGet("/", () => Results.Content(Page(), "text/html; charset=utf-8"));
        server.MapGet("/authority.crt", () => Results.File(authority, "application/x-x509-ca-cert", "authority.crt"));
        foreach (var portal in portals)
            server.MapGet(Path(portal), async () => Results.Redirect(await portal.PairingLink(ct)));
        await server.StartAsync(ct);
    }

    public string PairUrl(LocalPortal portal) => Url.TrimEnd('/') + Path(portal);

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
    }

    private static string Path(LocalPortal portal) => "/" + portal.Name.ToLowerInvariant();

    /// <summary>Another site's name may lead to this machine (DNS rebinding), so the host counts; and another site's page may link here.</summary>
    private bool IsFromHere(HttpRequest request) =>
        hosts.Contains(request.Host.Value) && request.Headers["Sec-Fetch-Site"].ToString() is "" or "none" or "same-origin"
        && (request.Headers.Origin.Count == 0 || hosts.Contains(request.Headers.Origin.ToString().Replace("http://", "", StringComparison.Ordinal)));

    private static Task Refuse(HttpContext context)
    {
        context.Response.StatusCode = 403;
        return context.Response.WriteAsync("Another page led here. Type the address that ./run has printed.");
    }

    private string Page() => $$"""
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Portals on this machine</title>
        <style>:root{color-scheme:light dark}body{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}
        section{border:1px solid #8888;border-radius:.6rem;padding:.2rem 1.2rem;margin:1rem 0}code{overflow-wrap:anywhere}</style>
        <main><h1>Portals on this machine</h1><p>They are peers of each other, and each has the app {{WebUtility.HtmlEncode(app)}}. Be each of them.</p>
        {{string.Concat(portals.Select(Section))}}
        <h2>What to try</h2><ul>{{string.Concat(tries.Select(what => $"<li>{what}</li>"))}}</ul>
        <h2>Certificates</h2><p>{{(plain ? "The links above are plain HTTP on this machine, and need none." : "")}} Portals reach each other over TLS, with
        certificates of an authority that was made for them. Where a link leads to such an address, the browser warns, once for each, unless you import
        <a href="/authority.crt">the authority</a> (<code>{{WebUtility.HtmlEncode(authority)}}</code>). It can vouch for names below .localhost only, and ends
        in a week.</p></main></html>
        """;

    private string Section(LocalPortal portal) => $"""
        <section><h2>{portal.Name}</h2><ol><li><a href="{Path(portal)}">Make this browser {portal.Name}'s device</a></li>
        <li><a href="{portal.PageUrl}/home">{portal.Name}'s Portal</a> and <a href="{portal.AppPageUrl}/">{portal.Name}'s {WebUtility.HtmlEncode(app)}</a></li></ol></section>
        """;
}
