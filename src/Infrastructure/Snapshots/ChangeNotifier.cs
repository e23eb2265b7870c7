using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Tells other nodes, after commit, that there is something new: one NOTIFY at a time per process, with the highest sequence
/// number, for however many appends there were since the last. A NOTIFY inside each append would take a lock that all of the
/// cluster's appends share.
/// </summary>
internal sealed class ChangeNotifier(NpgsqlDataSource database, AsyncSignal pulse, TimeProvider clock, ILogger<ChangeNotifier> log) : BackgroundService
{
    public const string Channel = "registry_changed";
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    private readonly Channel<bool> wake =
        System.Threading.Channels.Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long highest;

    /// <summary>Goes before the number in a notice, so that a node knows its own.</summary>
    public string Node { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <param name="sequence">0: only credentials changed.</param>
    public void Changed(long sequence)
    {
        InterlockedMax(ref highest, sequence);
        wake.Writer.TryWrite(true);
        pulse.Beat();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in wake.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var command = database.CreateCommand("select pg_notify($1, $2)");
                command.Parameters.Add(Sql.Text(Channel));
                command.Parameters.Add(Sql.Text($"{Node} {Volatile.Read(ref highest).ToString(CultureInfo.InvariantCulture)}"));
                await command.ExecuteNonQueryAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                log.LogWarning("Other nodes were not notified and will notice within a second: {Error}", e.Message);
            }

            await Task.Delay(Between, clock, stoppingToken);
        }
    }

    private static void InterlockedMax(ref long target, long value)
    {
        var seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var now && now != seen)
            seen = now;
    }
}
