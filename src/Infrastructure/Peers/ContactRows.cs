using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>The columns of <see cref="Contact"/> in table <c>peer_contacts</c>.</summary>
internal static class ContactRows
{
    /// <summary>In the order of <see cref="Values"/>. The claim, and with it <c>contacted_at</c>, is written by one statement of its own.</summary>
    public const string Columns =
        """
        wanted, revision, delivered, domain, key_pem, invite, identify_at, doubted, restated_at, is_reachable, last_seen_at,
        attempts, failing_since, error_code, error_detail, error_at, next_attempt_at, asked_at, schedule
        """;

    /// <summary>The parameters $3 to $21; $1 is the Portal, $2 the peer, $22 the version that was loaded.</summary>
    public const string Parameters = "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21";

    public static IEnumerable<NpgsqlParameter> Values(PortalId portal, ShortId peer, Contact contact, long expectedVersion) =>
    [
        Sql.Text(portal.Value),
        Sql.Text(peer.Value),
        Sql.Text(contact.Wanted.ToString()),
        Sql.Bigint(contact.Revision),
        Sql.Bigint(contact.Delivered),
        Sql.Text(contact.Domain),
        Sql.Text(contact.Key?.Pem),
        Sql.Text(contact.Invite),
        Sql.Time(contact.IdentifyAt),
        Sql.Boolean(contact.Doubted),
        Sql.Time(contact.RestatedAt),
        Sql.BooleanOrNull(contact.IsReachable),
        Sql.Time(contact.LastSeenAt),
        Sql.Bigint(contact.Attempts),
        Sql.Time(contact.FailingSince),
        Sql.Text(contact.LastError?.Code),
        Sql.Text(contact.LastError?.Detail),
        Sql.Time(contact.LastError?.At),
        Sql.Time(contact.NextAttemptAt),
        Sql.Time(contact.AskedAt),
        Sql.Bigint(contact.Schedule),
        Sql.Bigint(expectedVersion),
    ];

    /// <param name="reader">A row of <see cref="Columns"/>, then <c>contacted_at</c>, then anything.</param>
    public static Contact Read(NpgsqlDataReader reader) => new()
    {
        Wanted = Enum.Parse<WantedPeering>(reader.GetString(0)),
        Revision = reader.GetInt64(1),
        Delivered = reader.GetInt64(2),
        Domain = reader.TextOrNull(3),
        Key = reader.TextOrNull(4) is { } pem ? PublicKey.Parse(pem) : null,
        Invite = reader.TextOrNull(5),
        IdentifyAt = reader.Time(6),
        Doubted = reader.GetBoolean(7),
        RestatedAt = reader.Time(8),
        IsReachable = reader.BooleanOrNull(9),
        LastSeenAt = reader.Time(10),
        Attempts = reader.GetInt32(11),
        FailingSince = reader.Time(12),
        LastError = reader.TextOrNull(13) is { } code ? new ContactError(code, reader.GetString(14), reader.Time(15)!.Value) : null,
        NextAttemptAt = reader.Time(16),
        AskedAt = reader.Time(17),
        Schedule = reader.GetInt64(18),
        ContactedAt = reader.Time(19),
    };
}

internal sealed class StoreContactWriter : AlongsideWriter<StoreContact>
{
    private const string Statement =
        $"""
        insert into registry.peer_contacts as c (portal_id, short_id, {ContactRows.Columns}, version)
        values ($1, $2, {ContactRows.Parameters}, 1)
        on conflict (portal_id, short_id) do update set
            ({ContactRows.Columns}) = row({ContactRows.Parameters}),
            version = case c.version when $22 then c.version + 1 else registry.stale_version() end
        """;

    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, StoreContact row)
    {
        var command = new NpgsqlBatchCommand(Statement);
        foreach (var value in ContactRows.Values(portal, row.Peer, row.Contact, row.ExpectedVersion))
            command.Parameters.Add(value);
        return [command];
    }
}

/// <summary>
/// One statement for all contacts of a Portal, because it belongs to the transaction that changes the profile and an owner may have
/// thousands. The new revision is that of <see cref="Contact.Revision"/>.
/// </summary>
internal sealed class RestatePeeringsWriter : AlongsideWriter<RestatePeerings>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, RestatePeerings row) =>
    [
        new(
            """
            update registry.peer_contacts
            set revision = greatest(revision + 1, $2), next_attempt_at = least(next_attempt_at, $3), schedule = schedule + 1, version = version + 1
            where portal_id = $1 and wanted = 'Offered' and delivered > 0
            """)
        {
            Parameters = { Sql.Text(portal.Value), Sql.Bigint(row.Now.ToUnixTimeMilliseconds()), Sql.Time(row.Now) },
        },
    ];
}

/// <summary>One statement, because it locks the row, so that a newer notice cannot be taken before this transaction is over.</summary>
internal sealed class RequireRevisionWriter : AlongsideWriter<RequireRevision>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, RequireRevision row) =>
    [
        new(
            """
            update registry.peer_contacts set taken = case taken when $3 then taken else registry.stale_version() end
            where portal_id = $1 and short_id = $2
            """)
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.Peer.Value), Sql.Bigint(row.Revision) },
        },
    ];
}

internal sealed class ForgetContactWriter : AlongsideWriter<ForgetContact>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, ForgetContact row) =>
    [
        new(row.Entirely
            ? "delete from registry.peer_contacts where portal_id = $1 and short_id = $2"
            : "update registry.peer_contacts set taken = 0, taken_wish = null, is_reachable = null, last_seen_at = null, version = version + 1 where portal_id = $1 and short_id = $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.Peer.Value) },
        },
    ];
}

internal sealed class DropOfferWriter : AlongsideWriter<DropOffer>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, DropOffer row) =>
    [
        new("delete from registry.peering_offers where portal_id = $1 and id = $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.From.Value) },
        },
    ];
}
