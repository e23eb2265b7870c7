using System.Runtime.CompilerServices;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Rows of mt_events as <see cref="Recorded"/>.</summary>
internal sealed class EventRows(EventSerializer serializer)
{
    /// <summary>What <see cref="Read"/> needs after the sequence number.</summary>
    public const string Columns = "tenant_id, stream_id, version, type, data, timestamp, headers, correlation_id";

    private StrongBox<PortalId>? last;

    /// <exception cref="UnknownEventTypeException"/>
    public Recorded Read(NpgsqlDataReader reader) => Read(reader, reader.GetInt64(0));

    /// <returns>Null for an event that Marten has written for a number of a failed append.</returns>
    /// <exception cref="UnknownEventTypeException"/>
    public Recorded? ReadUnlessFiller(NpgsqlDataReader reader) => reader.GetString(4) == RegistryStore.FillerType ? null : Read(reader);

    /// <summary>As a fold gets it: without its number, as when it was folded live.</summary>
    public Recorded ReadForFold(NpgsqlDataReader reader) => Read(reader, 0);

    private Recorded Read(NpgsqlDataReader reader, long shown)
    {
        var (actor, reason) = reader.IsDBNull(7) ? (Actor.System, null) : EventMetadata.ReadHeaders(reader.GetFieldValue<byte[]>(7));
        return new(
            shown,
            Portal(reader.GetString(1)),
            reader.GetString(2),
            reader.GetInt64(3),
            serializer.Read(reader.GetString(4), reader.GetFieldValue<byte[]>(5), reader.GetInt64(0)),
            reader.GetFieldValue<DateTimeOffset>(6),
            actor,
            reason,
            reader.IsDBNull(8) ? null : reader.GetString(8));
    }

    /// <summary>Most rows are of the same Portal as the row before: no need to check and keep its ID again.</summary>
    private PortalId Portal(string text)
    {
        if (last is { } box && box.Value.Value == text)
            return box.Value;

        var portal = PortalId.Parse(text);
        last = new(portal);
        return portal;
    }
}
