using System.Diagnostics;
using System.Globalization;
using PeerRegistry.LocalPortals;

namespace PeerRegistry.Dev;

/// <summary>The process of the app on one Portal, which ends and starts again as its author works.</summary>
/// <param name="token">What the app calls the core with.</param>
internal sealed class RunningApp(LocalPortal portal, string token, Action<string> hear) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private Child? child;
    private Task watched = Task.CompletedTask;
    private CancellationTokenSource? stopping;

    public void Start(AppFolder folder)
    {
        var data = Path.Combine(portal.Folder, "app");
        Directory.CreateDirectory(data);
        stopping = new CancellationTokenSource();
        child = Child.StartShell(folder.Web, folder.Path, new Dictionary<string, string>
        {
            ["PORT"] = portal.AppAddress.Port.ToString(CultureInfo.InvariantCulture),
            ["PORTAL_CORE_URL"] = portal.Core,
            ["PORTAL_APP_TOKEN"] = token,
            ["PORTAL_APP_DATA"] = data,
            ["PYTHONUNBUFFERED"] = "1", // its lines are read at once
        }, hear);
        watched = SayWhenItEnds(child, stopping.Token);
    }

    /// <summary>Waits until it accepts connections.</summary>
    /// <returns>False if it ended before, or does not listen for a minute.</returns>
    public async Task<bool> Listens(CancellationToken ct)
    {
        var waiting = Stopwatch.StartNew();
        while (!watched.IsCompleted)
        {
            if (await portal.AppListens(ct))
                return true;
            if (waiting.Elapsed > Patience)
            {
                hear($"The app does not listen on port {portal.AppAddress.Port} of 127.0.0.1. It is told this number in PORT.");
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        if (child is null)
            return;
        await stopping!.CancelAsync();
        await watched;
        await child.DisposeAsync();
        stopping.Dispose();
        child = null;
    }

    private async Task SayWhenItEnds(Child started, CancellationToken ct)
    {
        try
        {
            hear($"The app has ended with exit code {await started.Ended(ct)}.");
        }
        catch (OperationCanceledException)
        {
            // It was stopped on purpose.
        }
    }
}
