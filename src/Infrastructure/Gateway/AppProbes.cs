using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Gateway;

internal sealed class AppProbes(IAppServers servers, TimeProvider clock) : IAppProbes, IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim one = new(1);
    private readonly ConcurrentDictionary<string, (bool Answers, DateTimeOffset At)> known = new();
    private readonly ConcurrentDictionary<(PortalId, string), DateTimeOffset> asked = new();

    public async Task<AppState> Look(PortalSnapshot portal, App app, CancellationToken ct)
    {
        try
        {
            var address = (await servers.Find(portal, app, ct)).Address;
            return new AppState(null, address, await Answers(address, ct));
        }
        catch (RefusedException refused)
        {
            return new AppState(refused.Message, null, Answers: false);
        }
    }

    public DateTimeOffset? LastAsked(PortalId portal, string app) => asked.TryGetValue((portal, app), out var at) ? at : null;

    public void Asked(PortalId portal, string app)
    {
        var now = clock.GetUtcNow();
        if (!asked.TryGetValue((portal, app), out var before) || now - before > Precision)
            asked[(portal, app)] = now;
    }

    public void Dispose() => one.Dispose();

    private async Task<bool> Answers(string address, CancellationToken ct)
    {
        await one.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow();
            if (known.TryGetValue(address, out var before) && now - before.At < Kept)
                return before.Answers;

            var answers = await Connects(address, ct);
            known[address] = (answers, now);
            return answers;
        }
        finally
        {
            one.Release();
        }
    }

    private static async Task<bool> Connects(string address, CancellationToken ct)
    {
        var colon = address.LastIndexOf(':');
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(Longest);
        using var connection = new TcpClient();
        try
        {
            await connection.ConnectAsync(address[..colon].Trim('[', ']'), int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture), late.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
