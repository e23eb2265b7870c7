using System.Diagnostics;
using System.Text.Json;
using JasperFx.Events;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Who caused an append, why, and as part of which trace; the same for all its events.</summary>
internal sealed record EventMetadata(Actor Actor, string? Reason, string? CorrelationId, string? CausationId, DateTimeOffset At)
{
    public const string ActorHeader = "actor";
    public const string ReasonHeader = "reason";

    public static EventMetadata Of(CurrentActor current, TimeProvider clock)
    {
        var activity = Activity.Current;
        var now = clock.GetUtcNow();
        return new(
            current.Actor,
            current.Reason,
            activity?.TraceId.ToHexString(),
            activity?.SpanId.ToHexString(),
            now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond))); // what the database keeps of it
    }

    public void Describe(IEvent e)
    {
        (e.CorrelationId, e.CausationId, e.Timestamp) = (CorrelationId, CausationId, At);
        e.SetHeader(ActorHeader, Actor.Value);
        if (Reason is not null)
            e.SetHeader(ReasonHeader, Reason);
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
