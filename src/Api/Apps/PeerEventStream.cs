using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <summary>
/// Tells an app what becomes of the peers that it sees, as Server-Sent Events. It begins with the present state, or after the event that
/// <c>Last-Event-ID</c> names. The stream ends when the app loses its token, its address or its registration, and when the registry stops.
/// </summary>
/// <param name="silence">The longest time without data, or null for the usual one.</param>
/// <param name="patience">How long an app may take nothing while something waits for it, or null for 10 s.</param>
internal sealed class PeerEventStream(
    IPeerNews news, AppCallers callers, IOptions<JsonOptions> json, TimeProvider clock, IHostApplicationLifetime lifetime, TimeSpan? silence = null,
    TimeSpan? patience = null)
{
    public const string Path = "/protected/events";

    /// <summary>How many characters are written at once.</summary>
    private const int Chunk = 16 * 1024;

    private readonly TimeSpan longestSilence = silence ?? EventStream.LongestSilence;
    private readonly TimeSpan longestWrite = patience ?? TimeSpan.FromSeconds(10);

    public static void Map(IEndpointRouteBuilder inner) => inner.MapGet(Path, (HttpContext context, CurrentPortal portal, PeerEventStream stream) =>
            stream.Write(context, portal.Id, portal.App!))
        .WithTags("Apps").RequireAuthorization(Policies.App).WithName("app.events")
        .WithSummary("Streams what becomes of the peers that the calling app sees, as Server-Sent Events.")
        .Produces<string>(StatusCodes.Status200OK, "text/event-stream").Refuses(429, "rate_limited");

    internal async Task Write(HttpContext context, PortalId portal, string app)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var reader = await news.Open(portal, app, context.Request.LastRead(), end.Token);
        context.BeginEvents();
        if (HttpMethods.IsHead(context.Request.Method))
            return;

        try
        {
            await Send(context, EventStream.Greeting, end.Token);
            await Follow(context, reader, new(portal, app), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The app has disconnected or the registry is stopping. The response ends; an app that is still there comes back.
        }
        catch (TimeoutException)
        {
            context.Abort(); // the app does not read what it was sent
        }
    }

    private async Task Follow(HttpContext context, IPeerNewsReader reader, AppPlace app, CancellationToken ct)
    {
        var lastSent = clock.GetTimestamp();
        while (true)
        {
            var next = reader.Next;
            if (!await IsStill(context, app) || reader.Take() is not { } batch)
                return;

            // Only what is sent counts as an end of the silence, so that comments do not tell when something happens that the app may not see.
            var silent = clock.GetElapsedTime(lastSent);
            if (batch.IsPresentState || batch.News.Count > 0 || silent >= longestSilence)
            {
                foreach (var text in Texts(batch))
                    await Send(context, text, ct);
                (lastSent, silent) = (clock.GetTimestamp(), TimeSpan.Zero);
            }

            using var rested = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(next, Task.Delay(longestSilence - silent, clock, rested.Token));
            await rested.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether the request would still be accepted as this app's.</summary>
    private async ValueTask<bool> IsStill(HttpContext context, AppPlace app)
    {
        try
        {
            var caller = await callers.Identify(context);
            return caller.Portal.Portal.Id == app.Portal && caller.App == app.App;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    /// <returns>The events, several in each text; a comment if there are none.</returns>
    private IEnumerable<string> Texts(PeerNewsBatch batch)
    {
        var text = new StringBuilder();
        if (batch.IsPresentState)
            Append(text, batch.News.Count == 0 ? batch.Ids[0] : null, "reset", JsonSerializer.Serialize(new Reset(batch.News.Count), json.Value.SerializerOptions));
        else if (batch.News.Count == 0)
            text.Append(EventStream.Comment);

        for (var i = 0; i < batch.News.Count; i++)
        {
            var id = !batch.IsPresentState ? batch.Ids[i] : i == batch.News.Count - 1 ? batch.Ids[0] : null;
            Append(text, id, batch.News[i].Kind.Name(), batch.News[i].Data());
            if (text.Length >= Chunk)
            {
                yield return text.ToString();
                text.Clear();
            }
        }

        if (text.Length > 0)
            yield return text.ToString();
    }

    private static void Append(StringBuilder text, string? id, string name, string data)
    {
        if (id is not null)
            text.Append(CultureInfo.InvariantCulture, $"id: {id}\n");
        text.Append(CultureInfo.InvariantCulture, $"event: {name}\ndata: {data}\n\n");
    }

    /// <exception cref="TimeoutException">The app reads too slowly.</exception>
    private Task Send(HttpContext context, string text, CancellationToken ct) => context.Response.SendEvents(text, ct).WaitAsync(longestWrite, clock, ct);

    /// <param name="Peers">How many <c>peer_visible</c> follow, which are all peers that the app sees.</param>
    private sealed record Reset(int Peers);
}
