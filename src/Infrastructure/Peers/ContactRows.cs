using Npgsql;
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
        attempts, failing_since, error_code, error_detail, error_at, next_attempt_at, asked_at, schedule, announced
        """;

    /// <summary>The parameters $3 to $22; $1 is the Portal, $2 the peer, $23 the version that was loaded.</summary>
    public const string Parameters = "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22";

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
        Sql.Text(contact.Announced),
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
        Announced = reader.TextOrNull(19),
        ContactedAt = reader.Time(20),
    };
}
