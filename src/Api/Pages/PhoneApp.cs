using System.Text.Json;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// What makes the pages an app on a phone: a manifest (W3C Web App Manifest) and a service worker that shows a page of its own when the Portal cannot be
/// reached. The worker keeps that page and its two files and nothing else: no page of the owner is ever stored, and no other request passes through it.
/// </summary>
internal static class PhoneApp
{
    public const string Manifest = "/app.webmanifest";
    private const string Offline = "/offline";

    private static readonly string[] Purposes = ["any", "maskable"];

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Manifest, WriteManifest);
        pages.MapGet("/worker.js", WriteWorker);
        pages.MapGet(Offline, () => PageResults.Page<OfflinePage>());
        PhoneIcon.Map(pages);
    }

    private static IResult WriteManifest(CurrentPortal portal, HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache";
        var icons = PhoneIcon.Sizes.SelectMany(size => Purposes.Select(purpose =>
            new { src = PhoneIcon.Url(size), sizes = $"{size}x{size}", type = "image/png", purpose }));
        return Results.Text(
            JsonSerializer.Serialize(new
            {
                name = portal.Snapshot.Portal.Name,
                short_name = portal.Snapshot.Portal.Name,
                id = "/home",
                start_url = "/home",
                scope = "/",
                display = "standalone",
                background_color = "#f5f3ee",
                theme_color = "#f5f3ee",
                icons,
            }),
            "application/manifest+json");
    }

    private static IResult WriteWorker(HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache";
        string[] files = [Offline, SiteFiles.Url("site.css"), SiteFiles.Url("icon.svg")];
        var script = $$"""
            "use strict";
            const files = {{JsonSerializer.Serialize(files)}}, name = files.join();
            addEventListener("install", event => event.waitUntil(caches.open(name).then(cache => cache.addAll(files))));
            addEventListener("activate", event => event.waitUntil(
              caches.keys().then(names => Promise.all(names.filter(other => other !== name).map(other => caches.delete(other))))));
            addEventListener("fetch", event => {
              const { method, mode, url } = event.request;
              if (method === "GET" && mode === "navigate")
                event.respondWith(fetch(event.request).catch(() => caches.match("{{Offline}}")));
              else if (files.includes(new URL(url).pathname))
                event.respondWith(fetch(event.request).catch(() => caches.match(event.request)));
            });
            """;
        return Results.Text(script, "text/javascript; charset=utf-8");
    }
}
