using Npgsql;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>Table <c>deferred_calls</c>; see <see cref="AcceptedCalls"/> for how calls get into it.</summary>
internal sealed class DeferredCalls(NpgsqlDataSource database, AcceptedCalls accepted, TimeProvider clock) : IDeferredCalls
{
    private const string WithQueue = "registry.deferred_calls c left join registry.deferred_queues q using (portal_id, app, peer)";

    public Task<Guid> Accept(PortalId portal, DeferredRequest request, CancellationToken ct) => accepted.Add(portal, request, ct);

    public async Task<IReadOnlyList<DeferredCall>> List(
        PortalId portal, string? app, DeferredCallState? state, Guid? after, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
            select {DeferredColumns.Names} from {WithQueue}
            where c.portal_id = $1 and ($2 is null or c.app = $2) and ($3 is null or c.state = $3) and ($4 is null or c.id > $4)
            order by c.id limit $5
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.Text(state?.ToString()));
        command.Parameters.Add(Sql.UuidOrNull(after));
        command.Parameters.Add(Sql.Bigint(limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<DeferredCall>();
        while (await reader.ReadAsync(ct))
            found.Add(DeferredColumns.Read(reader));
        return found;
    }

    public async Task<DeferredCall?> Find(PortalId portal, Guid id, CancellationToken ct)
    {
        await using var command = Of($"select {DeferredColumns.Names} from {WithQueue} where c.portal_id = $1 and c.id = $2", portal, id);
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? DeferredColumns.Read(reader) : null;
    }

    public async Task<byte[]?> FindAnswer(PortalId portal, Guid id, CancellationToken ct)
    {
        await using var command = Of("select answer from registry.deferred_calls where portal_id = $1 and id = $2", portal, id);
        return await command.ExecuteScalarAsync(ct) as byte[];
    }

    public async Task<CallReceipt?> FindReceipt(PortalId portal, Guid id, CancellationToken ct)
    {
        await using var command = Of("select receipt::text from registry.deferred_calls where portal_id = $1 and id = $2", portal, id);
        return await command.ExecuteScalarAsync(ct) is string json ? DeferredColumns.Receipt(json) : null;
    }

    public async Task Forget(PortalId portal, Guid id, CancellationToken ct)
    {
        await using var command = Of("delete from registry.deferred_calls where portal_id = $1 and id = $2", portal, id);
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task<bool> Cancel(PortalId portal, Guid id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var command = Of(
            """
            update registry.deferred_calls set state = 'Cancelled', fields = '{}', body = null, bytes = 0, ended_at = $3, expires_at = $4
            where portal_id = $1 and id = $2 and state = 'Waiting'
            """,
            portal,
            id);
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now + Deferral.Kept));
        return await command.ExecuteNonQueryAsync(ct) == 1;
    }

    private NpgsqlCommand Of(string sql, PortalId portal, Guid id)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Uuid(id));
        return command;
    }
}
