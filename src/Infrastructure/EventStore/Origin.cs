using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>Who caused an append, why, and as part of which trace; the same for all its events.</summary>
/// <param name="FirstEvent">Id of the first event that is written: tells whether it is ours that is there.</param>
internal sealed record Origin(Actor Actor, string? Reason, string? CorrelationId, string? CausationId, DateTimeOffset At, Guid FirstEvent)
{
    public static Origin Of(Changes changes, TimeProvider clock)
    {
        var activity = Activity.Current;
        var now = clock.GetUtcNow();
        return new(
            changes.Actor,
            changes.Reason,
            activity?.TraceId.ToHexString(),
            activity?.SpanId.ToHexString(),
            now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)), // what the database keeps of it
            RowId.Create());
    }

    /// <summary>Column headers: <c>{"actor": …, "reason": …}</c>.</summary>
    public byte[] Headers()
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("actor", Actor.Value);
            if (Reason is not null)
                json.WriteString("reason", Reason);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static (Actor Actor, string? Reason) ReadHeaders(ReadOnlySpan<byte> headers)
    {
        var json = new Utf8JsonReader(headers);
        string? actor = null, reason = null;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
                continue;

            var isActor = json.ValueTextEquals("actor"u8);
            var isReason = json.ValueTextEquals("reason"u8);
            json.Read();
            if (isActor)
                actor = json.GetString();
            else if (isReason)
                reason = json.GetString();
            else
                json.Skip();
        }

        return (actor is null ? Actor.System : new Actor(actor), reason);
    }
}
