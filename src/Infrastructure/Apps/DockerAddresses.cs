using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Apps;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>
/// Knows which running container has which address. It lists the containers (Docker Engine API, <c>GET /containers/json</c>) and lists
/// them again whenever the engine's event stream (<c>GET /events</c>) reports a change. While the stream cannot be read, it lists them
/// every second; while they cannot be listed, no container is known.
/// </summary>
internal sealed class DockerAddresses : BackgroundService, IAppAddresses
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, IDictionary<string, bool>> Changes = new()
    {
        ["event"] = new[] { "start", "die", "rename", "connect", "disconnect" }.ToDictionary(action => action, _ => true),
    };

    private readonly DockerClient engine;
    private readonly TimeProvider clock;
    private readonly ILogger<DockerAddresses> log;
    private volatile FrozenDictionary<IPAddress, string?> containers = FrozenDictionary<IPAddress, string?>.Empty;
    private bool failing;

    /// <param name="socket">Path of the container engine's Unix socket.</param>
    public DockerAddresses(string socket, TimeProvider clock, ILogger<DockerAddresses> log)
    {
        (this.clock, this.log) = (clock, log);
        engine = new DockerClientBuilder().WithEndpoint(new UriBuilder("unix", "") { Path = Path.GetFullPath(socket) }.Uri).WithTimeout(Patience).Build();
    }

    public ValueTask<string?> Find(IPAddress address, CancellationToken ct) =>
        new(containers.GetValueOrDefault(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    public override void Dispose()
    {
        base.Dispose();
        engine.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Follow(stoppingToken);
            await Task.Delay(Pause, clock, stoppingToken);
        }
    }

    /// <summary>Lists the containers after every change, until the event stream ends or cannot be read.</summary>
    private async Task Follow(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        // one listing covers all changes before it
        var changes = Channel.CreateBounded<Message>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        // what happens before the stream is open is reported, too
        var since = clock.GetUtcNow().Add(-Pause).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var events =
            engine.System.MonitorEventsAsync(new ContainerEventsParameters { Since = since, Filters = Changes }, new Reports(changes.Writer), stop.Token);
        try
        {
            do
            {
                await List(ct);
                await Task.WhenAny(events, changes.Reader.WaitToReadAsync(stop.Token).AsTask(), Task.Delay(failing ? Pause : LongestPause, clock, stop.Token));
                ct.ThrowIfCancellationRequested();
                changes.Reader.TryRead(out _);
            }
            while (!events.IsCompleted);
        }
        finally
        {
            await stop.CancelAsync();
            await events.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task List(CancellationToken ct)
    {
        try
        {
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(ct);
            soon.CancelAfter(Patience);
            var running = await engine.Containers.ListContainersAsync(new ContainersListParameters(), soon.Token);
            containers = running.SelectMany(Addresses).GroupBy(found => found.Address, found => found.Container)
                // if two claim an address, neither is believed
                .ToFrozenDictionary(found => found.Key, found => found.Distinct().Take(2).ToArray() is [var only] ? only : null);
            failing = false;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            containers = FrozenDictionary<IPAddress, string?>.Empty;
            if (!failing)
                log.LogWarning("The container engine does not list its containers, so no app is known by its address: {Error}", e.Message);
            failing = true;
        }
    }

    private static IEnumerable<(IPAddress Address, string Container)> Addresses(ContainerListResponse container)
    {
        // with a slash: another container's alias for it
        var name = container.Names?.Select(name => name.TrimStart('/')).FirstOrDefault(name => !name.Contains('/', StringComparison.Ordinal));
        if (name is null)
            yield break;

        foreach (var network in container.NetworkSettings?.Networks?.Values ?? [])
        {
            foreach (var text in new[] { network.IPAddress, network.GlobalIPv6Address })
            {
                if (IPAddress.TryParse(text, out var address))
                    yield return (address, name);
            }
        }
    }

    private sealed class Reports(ChannelWriter<Message> changes) : IProgress<Message>
    {
        public void Report(Message value) => changes.TryWrite(value);
    }
}

/// <summary>Without a container engine, no app is known by an address.</summary>
internal sealed class NoAddresses : IAppAddresses
{
    public ValueTask<string?> Find(IPAddress address, CancellationToken ct) => default;
}
