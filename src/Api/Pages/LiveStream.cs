using System.Security.Claims;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Tells an open page that something has changed, as Server-Sent Events (HTML Living Standard, section 9.2), so that it fetches itself again
/// (ADR 0029). The events contain nothing but the mark of the new state as their id. The head is sent at once, and a comment after
/// every 15 s without data, so that neither the browser nor a proxy closes the connection. The stream ends when its device is revoked or
/// the registry stops.
/// </summary>
/// <param name="silence">The longest time without data, or null for 15 s.</param>
internal sealed class LiveStream(
    IPortalChanges changes, IPortalSnapshots snapshots, TimeProvider clock, IHostApplicationLifetime lifetime, TimeSpan? silence = null)
{
    public const string Path = "/live";
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    /// <summary>Between two events of one stream.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a browser waits before it reconnects, in milliseconds. It is sent first, because some proxies hold the head back until the
    /// body begins.
    /// </summary>
    private const string Greeting = "retry: 1000\n\n";

    private const string Comment = ":\n\n";

    public static void Map(IEndpointRouteBuilder pages) =>
        pages.MapGet(Path, (string? seen, HttpContext context, CurrentPortal portal, LiveStream live) => live.Write(seen ?? "", portal.Id, context));

    /// <param name="seen">The mark of the state that the page shows, unless the browser sends a later one.</param>
    private async Task Write(string seen, PortalId portal, HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        if (context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last)
            seen = last;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // tells nginx not to buffer, whatever its configuration says
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        try
        {
            await Send(Greeting, context.Response, end.Token);
            var device = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
            while (true)
            {
                var mark = await Next(portal, seen, end.Token);
                if (snapshots.Find(portal) is not { } now || !now.Devices.ContainsKey(device))
                    return;

                await Send(mark is null ? Comment : $"id: {mark}\nevent: change\ndata:\n\n", context.Response, end.Token);
                if (mark is null)
                    continue;

                seen = mark;
                await Task.Delay(Between, clock, end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The browser has disconnected or the registry is stopping. The response ends; a browser that is still there reconnects.
        }
    }

    /// <returns>Null after a silence.</returns>
    private async Task<string?> Next(PortalId portal, string seen, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(silence ?? LongestSilence, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await changes.Next(portal, seen, either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task Send(string text, HttpResponse response, CancellationToken ct)
    {
        await response.WriteAsync(text, ct);
        await response.Body.FlushAsync(ct);
    }
}
