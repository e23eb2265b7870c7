using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Tells other nodes which Portals have changed rows that are no events, and hears it from them: at most four NOTIFYs a second, however
/// many changes there are. A notice that is lost costs an open page at most the minute after which it looks by itself.
/// </summary>
internal sealed class RowChanges(NpgsqlDataSource database, PortalChanges changes, PortalSnapshots snapshots, TimeProvider clock, ILogger<RowChanges> log)
    : BackgroundService
{
    public const string Channel = "registry_rows_changed";
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    /// <summary>PostgreSQL allows 8,000 bytes in a notice.</summary>
    private const int AtOnce = 1000;

    /// <param name="notice">The node that sent it, then short IDs, separated by spaces.</param>
    public void Hear(string notice)
    {
        if (notice.Split(' ') is not [var node, .. var named] || node == changes.Node)
            return;

        var shorts = named.ToHashSet(StringComparer.Ordinal);
        foreach (var portal in snapshots.All.Select(snapshot => snapshot.Portal.Id).Where(id => shorts.Contains(id.Short.Value)))
            changes.Ring(portal);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var beat = changes.Untold.Next;
            if (changes.Take(AtOnce) is { Count: > 0 } portals)
                await Tell(portals, stoppingToken);
            else
                await changes.Untold.Wait(beat, Idle, stoppingToken);
        }
    }

    private async Task Tell(IReadOnlyList<ShortId> portals, CancellationToken ct)
    {
        try
        {
            await using var command = database.CreateCommand("select pg_notify($1, $2)");
            command.Parameters.Add(Sql.Text(Channel));
            command.Parameters.Add(Sql.Text($"{changes.Node} {string.Join(' ', portals)}"));
            await command.ExecuteNonQueryAsync(ct);
        }
        catch (NpgsqlException e)
        {
            log.LogWarning("Open pages of other nodes were not told of a change: {Error}", e.Message);
        }

        await Task.Delay(Between, clock, ct);
    }
}
