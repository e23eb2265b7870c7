using System.Collections.Concurrent;
using System.Collections.Frozen;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>The snapshots of this process: filled at start, moved by its own appends and by <see cref="SnapshotFollower"/>.</summary>
internal sealed class PortalSnapshots(NpgsqlDataSource database, IReadOnlyList<ReadModel> models) : IPortalSnapshots
{
    private readonly ConcurrentDictionary<PortalId, PortalState> states = new();
    private readonly Lock hostsGate = new();
    private volatile FrozenDictionary<string, PortalState> hosts = FrozenDictionary<string, PortalState>.Empty;

    public IReadOnlyCollection<PortalSnapshot> All => [.. hosts.Values.Select(state => state.Snapshot!)];

    public PortalSnapshot? Find(PortalId portal) => states.GetValueOrDefault(portal)?.Snapshot;

    public PortalSnapshot? FindByHost(string host)
    {
        var byHost = hosts;
        if (byHost.TryGetValue(host, out var exact))
            return exact.Snapshot;

        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && byHost.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(host.AsSpan(dot + 1), out var parent)
            ? parent.Snapshot
            : null;
    }

    public (PortalSnapshot Portal, Credential Credential)? FindCredential(TokenHash hash)
    {
        foreach (var state in hosts.Values)
        {
            var portal = state.Snapshot!;
            if (portal.Credentials.TryGetValue(hash, out var credential))
                return (portal, credential);
        }

        return null;
    }

    public (long Version, object? Row) FindRow(PortalId portal, ReadModel model, string key) =>
        states.TryGetValue(portal, out var state) ? state.Find(model, key) : default;

    public bool HasCredentials(PortalId portal, long revision) => states.TryGetValue(portal, out var state) && state.HasCredentials(revision);

    public void Apply(PortalId portal, IReadOnlyCollection<FoldedRow> rows)
    {
        if (rows.Count == 0)
            return;

        var state = StateOf(portal);
        var before = state.Snapshot?.Portal.Domain;
        state.Apply(rows);
        if (state.Snapshot?.Portal.Domain != before)
            LearnHosts();
    }

    /// <summary>Every read model and all credentials, as of one moment.</summary>
    public async Task LoadAll(CancellationToken ct)
    {
        await using (var connection = await database.OpenConnectionAsync(ct))
        await using (var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct))
        {
            var rows = new List<(PortalId Portal, FoldedRow Row)>();
            foreach (var model in models)
                rows.AddRange(await model.LoadAll(connection, ct));
            foreach (var portal in rows.GroupBy(row => row.Portal, row => row.Row))
                Apply(portal.Key, [.. portal]);
            await transaction.CommitAsync(ct);
        }

        await LoadCredentials([.. states.Keys], ct);
    }

    /// <summary>Reads these rows again, as of one moment.</summary>
    public async Task Load(IEnumerable<IGrouping<ReadModel, (string Portal, string Key)>> wanted, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        var rows = new List<(PortalId Portal, FoldedRow Row)>();
        foreach (var keys in wanted)
            rows.AddRange(await keys.Key.Load(connection, [.. keys], ct));
        foreach (var portal in rows.GroupBy(row => row.Portal, row => row.Row))
            Apply(portal.Key, [.. portal]);
        await transaction.CommitAsync(ct);
    }

    public async Task LoadCredentials(IReadOnlyCollection<PortalId> portals, CancellationToken ct)
    {
        foreach (var read in await CredentialStore.Load(database, [.. portals.Select(portal => portal.Value)], ct))
            Apply(read);
    }

    /// <summary>A reading that is not newer than the present one changes nothing.</summary>
    public void Apply(PortalCredentials read) => StateOf(read.Portal).Apply(read);

    public void Revoke(PortalId portal, Func<Credential, bool> revoked) => StateOf(portal).Revoke(revoked);

    private PortalState StateOf(PortalId portal) => states.GetOrAdd(portal, static (_, count) => new PortalState(count), models.Count);

    private void LearnHosts()
    {
        lock (hostsGate)
            hosts = states.Values.Where(state => state.Snapshot is not null)
                .DistinctBy(state => state.Snapshot!.Portal.Domain)
                .ToFrozenDictionary(state => state.Snapshot!.Portal.Domain, StringComparer.Ordinal);
    }
}
