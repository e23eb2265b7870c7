using System.Collections.Immutable;
using Marten;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Table credentials. Every change also raises the Portal's revision, in the same transaction, so that a reader can tell which of
/// two readings is the later one.
/// </summary>
internal sealed class CredentialStore(TimeProvider clock) : ICredentials
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

    /// <summary>Also deletes expired credentials, so that the table does not grow with every session.</summary>
    public void Issue(IDocumentSession session, TokenHash hash, Credential credential)
    {
        Queue(session, null, "delete from registry.credentials where portal_id = $1 and expires_at < $2", Sql.Time(clock.GetUtcNow()));
        Queue(
            session,
            null,
            "insert into registry.credentials (portal_id, hash, kind, holder, app, expires_at) values ($1, $2, $3, $4, $5, $6)",
            Sql.Bytes(hash.ToArray()),
            Sql.Text(credential.Kind.ToString()),
            Sql.Text(credential.Holder),
            Sql.Text(credential.App),
            Sql.Time(credential.ExpiresAt));
    }

    public void Extend(IDocumentSession session, TokenHash hash, DateTimeOffset expiresAt) => Queue(
        session, null, "update registry.credentials set expires_at = $3 where portal_id = $1 and hash = $2", Sql.Bytes(hash.ToArray()), Sql.Time(expiresAt));

    public void Revoke(IDocumentSession session, CredentialKind kind, string holder) => Queue(
        session,
        credential => credential.Kind == kind && credential.Holder == holder,
        "delete from registry.credentials where portal_id = $1 and kind = $2 and holder = $3",
        Sql.Text(kind.ToString()),
        Sql.Text(holder));

    public void RevokeAllOfApp(IDocumentSession session, string app) => Queue(
        session,
        credential => credential.Holder == app || credential.App == app,
        "delete from registry.credentials where portal_id = $1 and (holder = $2 or app = $2)",
        Sql.Text(app));

    /// <summary>Uses one statement, so that revision and credentials are consistent.</summary>
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

    /// <param name="revoked">The credentials that the statement deletes, if it deletes any that are in use.</param>
    private static void Queue(IDocumentSession session, Func<Credential, bool>? revoked, string text, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        if (!session.PendingChanges.Operations().OfType<CredentialStatement>().Any())
            session.QueueOperation(new CredentialStatement(new NpgsqlBatchCommand(Raise) { Parameters = { session.Portal() } }, null));
        var statement = new NpgsqlBatchCommand(text) { Parameters = { session.Portal() } };
        foreach (var parameter in parameters)
            statement.Parameters.Add(parameter);
        session.QueueOperation(new CredentialStatement(statement, revoked));
    }

    private static Credential CredentialOf(NpgsqlDataReader reader) => new(
        Enum.Parse<CredentialKind>(reader.GetString(3)),
        reader.GetString(4),
        reader.IsDBNull(5) ? null : reader.GetString(5),
        reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6));
}

internal sealed record PortalCredentials(PortalId Portal, long Revision, ImmutableDictionary<TokenHash, Credential> Credentials);

/// <summary>A change to a Portal's credentials.</summary>
/// <param name="revoked">The credentials that it deletes, if it deletes any that are in use.</param>
internal sealed class CredentialStatement(NpgsqlBatchCommand statement, Func<Credential, bool>? revoked) : StatementOperation(statement)
{
    public Func<Credential, bool>? Revoked => revoked;
}
