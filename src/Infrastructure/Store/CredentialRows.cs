using System.Collections.Immutable;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Table credentials. Every change also raises the Portal's revision, in the same transaction, so that a reader can tell which of
/// two readings is the later one.
/// </summary>
internal static class CredentialRows
{
    private const string Raise =
        """
        insert into registry.credential_revisions as r (portal_id, revision) values ($1, 1)
        on conflict (portal_id) do update set revision = r.revision + 1
        """;

    private const string Read =
        """
        select r.portal_id, r.revision, c.hash, c.kind, c.holder, c.app, c.expires_at
        from registry.credential_revisions r left join registry.credentials c using (portal_id)
        where r.portal_id = any($1)
        """;

    public static bool Change(IReadOnlyList<IAlongside> alongside) =>
        alongside.Any(row => row is IssueCredential or ExtendCredential or RevokeCredentials);

    public static NpgsqlBatchCommand NextRevision(PortalId portal) => new(Raise) { Parameters = { Sql.Text(portal.Value) } };

    /// <summary>One statement, so revision and credentials are of one moment.</summary>
    public static async Task<IReadOnlyList<PortalCredentials>> Load(NpgsqlDataSource database, string[] portals, CancellationToken ct)
    {
        var found = new Dictionary<string, (long Revision, ImmutableDictionary<TokenHash, Credential>.Builder Credentials)>();
        await using var command = database.CreateCommand(Read);
        command.Parameters.Add(Sql.Texts(portals));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var portal = reader.GetString(0);
            if (!found.TryGetValue(portal, out var of))
                found.Add(portal, of = (reader.GetInt64(1), ImmutableDictionary.CreateBuilder<TokenHash, Credential>()));
            if (!reader.IsDBNull(2))
                of.Credentials[TokenHash.From(reader.GetFieldValue<byte[]>(2))] = CredentialOf(reader);
        }

        return [.. found.Select(of => new PortalCredentials(PortalId.Parse(of.Key), of.Value.Revision, of.Value.Credentials.ToImmutable()))];
    }

    private static Credential CredentialOf(NpgsqlDataReader reader) => new(
        Enum.Parse<CredentialKind>(reader.GetString(3)),
        reader.GetString(4),
        reader.IsDBNull(5) ? null : reader.GetString(5),
        reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6));
}

internal sealed record PortalCredentials(PortalId Portal, long Revision, ImmutableDictionary<TokenHash, Credential> Credentials);

/// <summary>Also sweeps out what has expired, so that the table does not grow with every session ever issued.</summary>
internal sealed class IssueCredentialWriter(TimeProvider clock) : AlongsideWriter<IssueCredential>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, IssueCredential row) =>
    [
        new("delete from registry.credentials where portal_id = $1 and expires_at < $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Time(clock.GetUtcNow()) },
        },
        new(
            """
            insert into registry.credentials (portal_id, hash, kind, holder, app, expires_at) values ($1, $2, $3, $4, $5, $6)
            """)
        {
            Parameters =
            {
                Sql.Text(portal.Value),
                Sql.Bytes(row.Hash.ToArray()),
                Sql.Text(row.Credential.Kind.ToString()),
                Sql.Text(row.Credential.Holder),
                Sql.Text(row.Credential.App),
                Sql.Time(row.Credential.ExpiresAt),
            },
        },
    ];
}

internal sealed class ExtendCredentialWriter : AlongsideWriter<ExtendCredential>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, ExtendCredential row) =>
    [
        new("update registry.credentials set expires_at = $3 where portal_id = $1 and hash = $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Bytes(row.Hash.ToArray()), Sql.Time(row.ExpiresAt) },
        },
    ];
}

internal sealed class RevokeCredentialsWriter : AlongsideWriter<RevokeCredentials>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, RevokeCredentials row) =>
    [
        new(
            """
            delete from registry.credentials
            where portal_id = $1 and (kind = $3 and holder = $2 or $3 is null and (holder = $2 or app = $2))
            """)
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.Holder), Sql.Text(row.Kind?.ToString()) },
        },
    ];
}
