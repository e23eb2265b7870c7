using System.Diagnostics;
using System.Text.Json;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Who caused an append, why, and as part of which trace; the same for all its events.</summary>
/// <param name="FirstEvent">Id of the first event that is written: tells whether it is ours that is there.</param>
internal sealed record EventMetadata(Actor Actor, string? Reason, string? CorrelationId, string? CausationId, DateTimeOffset At, Guid FirstEvent)
{
    public const string ActorHeader = "actor";
    public const string ReasonHeader = "reason";

    public static EventMetadata Of(Changes changes, TimeProvider clock)
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

    public static (Actor Actor, string? Reason) ReadHeaders(ReadOnlySpan<byte> headers)
    {
        var json = new Utf8JsonReader(headers);
        string? actor = null, reason = null;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
                continue;

            var isActor = json.ValueTextEquals(ActorHeader);
            var isReason = json.ValueTextEquals(ReasonHeader);
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
