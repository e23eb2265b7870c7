using JasperFx;
using JasperFx.Events;
using JasperFx.MultiTenancy;
using Marten;
using Marten.Storage;
using Npgsql;
using Weasel.Core;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Every setting of Marten, the event store and document database (docs/adr/0019).</summary>
internal static class RegistryStore
{
    public const string Schema = "registry";

    /// <summary>The type of the events that Marten writes for the numbers of a failed append. They have no content.</summary>
    public const string FillerType = "tombstone";

    /// <summary>The stream of those events, one for each Portal.</summary>
    public const string FillerStream = "mt_tombstone";

    public static StoreOptions Options(NpgsqlDataSource database, EventSerializer events, TimeProvider clock)
    {
        var options = new StoreOptions();
        options.Connection(database);
        options.DatabaseSchemaName = Schema;
        options.AutoCreateSchemaObjects = AutoCreate.None; // SchemaStep brings the schema up to date, before anything is served
        options.Policies.AllDocumentsAreMultiTenanted();   // the tenant is the Portal

        // Passing our own JsonSerializerOptions here would override the naming policy: events would then read back empty, without an error.
        options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);

        options.Events.DatabaseSchemaName = Schema;
        options.Events.StreamIdentity = StreamIdentity.AsString;
        options.Events.TenancyStyle = TenancyStyle.Conjoined;
        options.Events.EnableBigIntEvents = true;
        options.Events.MetadataConfig.CorrelationIdEnabled = true;
        options.Events.MetadataConfig.CausationIdEnabled = true;
        options.Events.MetadataConfig.HeadersEnabled = true;
        options.Events.TimeProvider = clock;

        // A reader in sequence order relies on this pair: the stream's row is locked, which gives the transaction its id, before a
        // number is taken. The Rich mode takes numbers outside of the transaction, and Quick stores times in the session's time zone.
        options.Events.AppendMode = EventAppendMode.QuickWithServerTimestamps;
        options.Events.UseExclusiveLockOnConcurrentAppends = true;

        // Ours (0051_events_of_portal.sql), for reading what one Portal's history is among that of others.
        options.Events.IgnoreIndex("mt_events_portal_sequence");

        foreach (var type in events.Types)
            options.Events.MapEventType(type.Type, type.Wire);
        return options;
    }
}
