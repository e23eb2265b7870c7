using System.Collections.Immutable;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>What this process holds of one Portal: every row with its version, and the snapshot made of them.</summary>
internal sealed class PortalState(int models)
{
    private static readonly PortalSnapshot Unborn = new((Portal)null!);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Version, object? Row)>[] rows =
        [.. Enumerable.Range(0, models).Select(_ => new Dictionary<string, (long, object?)>(StringComparer.Ordinal))];

    private volatile PortalSnapshot snapshot = Unborn;
    private long credentialRevision;

    /// <summary>Null until the Portal's own row is there.</summary>
    public PortalSnapshot? Snapshot => snapshot is { Portal: not null } born ? born : null;

    public (long Version, object? Row) Find(ReadModel model, string key)
    {
        lock (gate)
            return rows[model.Index].GetValueOrDefault(key);
    }

    /// <summary>All of them become visible at once; a row that is not newer than what is held changes nothing.</summary>
    public void Apply(IEnumerable<FoldedRow> folded)
    {
        lock (gate)
        {
            var next = snapshot;
            foreach (var row in folded)
            {
                var held = rows[row.Model.Index];
                if (row.Version <= held.GetValueOrDefault(row.Key).Version)
                    continue;

                held[row.Key] = (row.Version, row.Row);
                next = row.Model.Projection.Show(next, row.Key, row.Row);
            }

            snapshot = next;
        }
    }

    public bool HasCredentials(long revision)
    {
        lock (gate)
            return credentialRevision >= revision;
    }

    public void Apply(PortalCredentials read)
    {
        lock (gate)
        {
            if (read.Revision <= credentialRevision)
                return;

            credentialRevision = read.Revision;
            snapshot = snapshot with { Credentials = read.Credentials };
        }
    }

    /// <summary>Ahead of the reading that follows: a revoked credential must not outlive a failure of it.</summary>
    public void Revoke(Func<Credential, bool> revoked)
    {
        lock (gate)
        {
            var credentials = snapshot.Credentials;
            snapshot = snapshot with { Credentials = credentials.RemoveRange(credentials.Where(held => revoked(held.Value)).Select(held => held.Key)) };
        }
    }
}
