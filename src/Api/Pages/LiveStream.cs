using System.Security.Claims;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Tells an open page that something has changed, as an <see cref="EventStream"/>, so that it fetches itself again (ADR 0029). The events contain
/// nothing but the mark of the new state as their id. The stream ends when its device is revoked or the registry stops.
/// </summary>
/// <param name="silence">The longest time without data, or null for the usual one.</param>
internal sealed class LiveStream(
    IPortalChanges changes, IPortalSnapshots snapshots, TimeProvider clock, IHostApplicationLifetime lifetime, TimeSpan? silence = null)
{
    public const string Path = "/live";

    /// <summary>Between two events of one stream.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder pages) =>
        pages.MapGet(Path, (string? seen, HttpContext context, CurrentPortal portal, LiveStream live) => live.Write(seen ?? "", portal.Id, context));

    /// <param name="seen">The mark of the state that the page shows, unless the browser sends a later one.</param>
    private async Task Write(string seen, PortalId portal, HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        seen = context.Request.LastRead() ?? seen;
        context.BeginEvents();
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        try
        {
            await context.Response.SendEvents(EventStream.Greeting, end.Token);
            var device = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
            while (true)
            {
                var mark = await Next(portal, seen, end.Token);
                if (snapshots.Find(portal) is not { } now || !now.Devices.ContainsKey(device))
                    return;

                await context.Response.SendEvents(mark is null ? EventStream.Comment : $"id: {mark}\nevent: change\ndata:\n\n", end.Token);
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
        using var late = new CancellationTokenSource(silence ?? EventStream.LongestSilence, clock);
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
}
