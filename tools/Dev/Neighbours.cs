using Microsoft.AspNetCore.Builder;
using PeerRegistry.LocalPortals;

namespace PeerRegistry.Dev;

/// <summary>Anna, Ben and further Portals: mutual peers, each with the app, which may see all of them.</summary>
/// <param name="app">The app's name.</param>
/// <param name="files">The folder of everything that this run makes.</param>
internal sealed class Neighbours(DevOptions options, string app, string files, DevLog log) : IAsyncDisposable
{
    private static readonly string[] Names = ["Anna", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gwen"];

    private readonly List<LocalPortal> portals = [];
    private readonly List<RunningApp> running = [];
    private readonly List<WebApplication> scripted = [];

    public Authority Authority { get; } = new(files);

    /// <summary>All of them; Anna and Ben come first.</summary>
    public IReadOnlyList<LocalPortal> Portals => portals;

    /// <summary>Has the Portals run, each with the app registered. The processes of the app may start.</summary>
    public async Task MoveIn(CancellationToken ct)
    {
        portals.AddRange(Enumerable.Range(0, 2 + options.Peers).Select(Portal));
        log.Write($"{string.Join(", ", portals.Select(portal => portal.Name))}: their Portals start, each with a database and a key of its own.");
        await Task.WhenAll(portals.Select(portal => portal.StartRegistry(portals.Where(other => other != portal), ct)));
        await Task.WhenAll(portals.Select(portal => portal.PairDevice(ct)));
        await Register(ct);
        for (var i = 0; i < portals.Count; i++)
            await Settle(portals[i], i, ct);
    }

    /// <summary>Makes all of them peers of each other.</summary>
    public async Task BecomePeers(CancellationToken ct)
    {
        await Task.WhenAll(portals.Select(portal => portal.Serve(ct)));
        await Task.WhenAll(portals.SelectMany(portal => portals.Where(other => other != portal).Select(other => portal.Add(other, ct))));
        await Task.WhenAll(portals.SelectMany((portal, i) => portals.Skip(i + 1).Select(other => portal.UntilMutual(other, ct))));
    }

    /// <summary>Registers the app with all of them, or its description anew.</summary>
    public async Task Register(CancellationToken ct)
    {
        var description = await File.ReadAllBytesAsync(options.AppMeta, ct);
        await Task.WhenAll(portals.Select(portal => portal.Register(description, ct)));
    }

    /// <summary>Starts the processes of the app, or starts them again.</summary>
    /// <returns>Whether all of them listen.</returns>
    public async Task<bool> StartApps(AppFolder folder, CancellationToken ct)
    {
        await Task.WhenAll(running.Select(process => process.DisposeAsync().AsTask()));
        running.ForEach(process => process.Start(folder));
        return (await Task.WhenAll(running.Select(process => process.Listens(ct)))).All(listens => listens);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(running.Select(process => process.DisposeAsync().AsTask()));
        foreach (var one in scripted)
            await one.DisposeAsync();
        await Task.WhenAll(portals.Select(portal => portal.DisposeAsync().AsTask()));
        Authority.Dispose();
    }

    private LocalPortal Portal(int index)
    {
        var name = Names[index];
        var port = Places.FreePort(index switch { 0 => 8443, 1 => 9443, _ => null });
        var localPort = Places.FreePort(index switch { 0 => 8080, 1 => 9080, _ => null });
        var hear = log.For($"{name} core", index);
        return new LocalPortal(name, Path.Combine(files, name), port, localPort, app, Authority)
        {
            AppAddress = index < options.Urls.Count ? options.Urls[index] : LocalPortal.FreeAddress(),
            KeyType = index == 1 && options.Original ? "rsa-4096" : "ed25519",
            Hear = line =>
            {
                if (!line.StartsWith("PAIR ", StringComparison.Ordinal) && !line.StartsWith("READY ", StringComparison.Ordinal))
                    hear(line);
            },
        };
    }

    /// <summary>Gives the app the right to see peers and, where a process of the author's runs, a token.</summary>
    private async Task Settle(LocalPortal portal, int index, CancellationToken ct)
    {
        await portal.LetAppSeeAllPeers(ct);
        var hear = log.For(portal.Name, index);
        if (index < options.Urls.Count)
            hear($"{portal.AppAddress} needs PORTAL_CORE_URL={portal.Core} PORTAL_APP_TOKEN={await portal.AppToken(ct)}");
        else if (index < 2 && options.Folder is not null)
            running.Add(new RunningApp(portal, await portal.AppToken(ct), hear));
        else
            scripted.Add(await ScriptedApp.Start(portal, hear, ct));
    }
}
