using System.Globalization;
using System.Text;
using System.Text.Json;
using MediatR;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace PeerRegistry.Api.Audit;

/// <summary>Writes the whole history as a file, the oldest event first. It is read and sent a batch at a time, so its length does not matter.</summary>
internal static class HistoryExport
{
    private const int Batch = 500;

    /// <summary>JSON Lines: an event on each line, as in <c>GET /core/protected/events</c>.</summary>
    public static async Task Lines(HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        Begin(context, "application/jsonl", "history.jsonl");
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        await foreach (var events in All(portal.Id, mediator, ct))
        {
            foreach (var recorded in events)
            {
                await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(AuditItem.Of(recorded, json), json), ct);
                await context.Response.Body.WriteAsync("\n"u8.ToArray(), ct);
            }
        }
    }

    /// <summary>A table (RFC 4180) with the sentence of each event, in which everybody has the name of that time.</summary>
    public static async Task Table(HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        Begin(context, "text/csv; charset=utf-8", "history.csv");
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var names = new NamesThen();
        var words = new HistoryWords(names);
        var head = "\uFEFF" + CsvText.Row("seq", "at", "what", "type", "actor", "stream", "data");
        await foreach (var events in All(portal.Id, mediator, ct))
        {
            var rows = new StringBuilder(head); // only once the first events are there, so that a refusal can still be told
            head = "";
            foreach (var recorded in events)
            {
                names.Add(recorded);
                rows.Append(CsvText.Row(
                    recorded.Sequence.ToString(CultureInfo.InvariantCulture), recorded.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
                    words.Of(recorded).Text, HistoryWords.TypeOf(recorded.Data), recorded.Actor.Value, recorded.Stream,
                    JsonSerializer.Serialize(recorded.Data, recorded.Data.GetType(), json)));
            }

            await context.Response.WriteAsync(rows.ToString(), ct);
        }
    }

    private static void Begin(HttpContext context, string mediaType, string file)
    {
        context.Response.ContentType = mediaType;
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{file}\"";
    }

    private static async IAsyncEnumerable<IReadOnlyList<Recorded>> All(
        PortalId portal, IMediator mediator, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var after = 0L;
        while (await mediator.Send(new ReadAudit(portal, null, null, after, Batch), ct) is { Count: > 0 } events)
        {
            yield return events;
            after = events[^1].Sequence;
        }
    }
}
