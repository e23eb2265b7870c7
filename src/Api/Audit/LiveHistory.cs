using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Audit;

/// <summary>
/// Streams the history as Server-Sent Events (HTML Living Standard, section 9.2): each new event of a Portal is one rendered entry, with its
/// sequence number as the id. The head is sent at once, and a comment after every 15 s without data, so that neither the browser nor a proxy
/// closes the connection. The stream ends when its device is revoked or the registry stops.
/// </summary>
/// <param name="silence">The longest time without data, or null for 15 s.</param>
internal sealed class LiveHistory(
    IEventFeed feed, IPortalSnapshots snapshots, TimeProvider clock, IHostApplicationLifetime lifetime, TimeSpan? silence = null)
{
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a browser waits before it reconnects, in milliseconds. It is sent first, because some proxies hold the head back until the
    /// body begins.
    /// </summary>
    private const string Greeting = "retry: 1000\n\n";

    private const string Comment = ":\n\n";

    /// <param name="stream">The name of a stream; or, if it ends in a dash, the prefix of several; or null for all.</param>
    /// <param name="after">The sequence number after which the events begin, unless the browser sends a higher one.</param>
    public async Task Write(string? stream, long after, PortalId portal, HttpContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
            after = Math.Max(after, last);

        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // tells nginx not to buffer, whatever its configuration says
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        try
        {
            await context.Response.WriteAsync(Greeting, end.Token);
            await context.Response.Body.FlushAsync(end.Token);
            await foreach (var text in Texts(stream, after, portal, context, end))
            {
                await context.Response.WriteAsync(text, end.Token);
                await context.Response.Body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The browser has disconnected or the registry is stopping. The response ends; a browser that is still there reconnects.
        }
    }

    /// <summary>Writes the events as they arrive, with comments in between, as long as the device is paired.</summary>
    private async IAsyncEnumerable<string> Texts(string? stream, long after, PortalId portal, HttpContext context, CancellationTokenSource end)
    {
        var device = context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "";
        await using var renderer = new HtmlRenderer(context.RequestServices, context.RequestServices.GetRequiredService<ILoggerFactory>());
        await using var events = feed.Subscribe(after, end.Token).GetAsyncEnumerator(end.Token);
        var next = events.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                await ((Task)next).WaitAsync(silence ?? LongestSilence, clock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (snapshots.Find(portal) is not { } now || !now.Devices.ContainsKey(device))
                    yield break;
                if (!next.IsCompleted)
                {
                    yield return Comment;
                    continue;
                }

                if (!await next)
                    yield break;
                var recorded = events.Current;
                if (recorded.Portal == portal && recorded.Data is DeviceRevoked revoked && revoked.Id == device)
                    yield break; // the event may arrive before the snapshot moves
                if (recorded.Portal == portal && IsOf(stream, recorded.Stream))
                    yield return $"id: {recorded.Sequence}\nevent: entry\ndata: {await Render(renderer, new HistoryWords(now).Of(recorded))}\n\n";
                next = events.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            await end.CancelAsync(); // a running step has to end before its enumerator is disposed
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>The entry as HTML on one line.</returns>
    private static async Task<string> Render(HtmlRenderer renderer, HistoryEntry entry)
    {
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?> { [nameof(TimelineEntry.Entry)] = entry });
        var html = await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<TimelineEntry>(parameters)).ToHtmlString());
        return html.ReplaceLineEndings(" ");
    }

    private static bool IsOf(string? wanted, string stream) =>
        wanted is null || stream == wanted || (wanted[^1] == '-' && stream.StartsWith(wanted, StringComparison.Ordinal));
}
