using System.Collections.Immutable;
using PeerRegistry.LocalPortals;

namespace PeerRegistry.Dev;

/// <summary>One <c>./run dev</c>: everything starts, and then either the app's test runs or its author works.</summary>
internal sealed class DevSession(DevOptions options, string app, Neighbours neighbours, DevLog log)
{
    private const int Failed = 1;

    private static readonly string[] Tries =
    [
        "Use the app as Anna, and look at it as Ben.",
        "On Ben's Portal, hide Anna from the app, and see what the app makes of it.",
        "Read in Anna's history what happened.",
    ];

    /// <returns>The exit code.</returns>
    public async Task<int> Run(CancellationToken ct)
    {
        var files = options.Folder?.Files();
        if (options.Folder is { } folder && !await Build(folder, ct))
            return Failed;
        await neighbours.MoveIn(ct);
        var apps = options.Folder is null ? Task.FromResult(true) : neighbours.StartApps(options.Folder, ct);
        await Task.WhenAll(neighbours.BecomePeers(ct), apps);
        if (options.Test)
            return await apps ? await Test(options.Folder!, ct) : Failed;

        await using var page = new StartPage(Places.FreePort(7070), neighbours.Portals, neighbours.Authority.Root, app, Tries);
        await page.Start(ct);
        SayReady(page);
        try
        {
            await (files is null ? Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct) : Follow(options.Folder!, files, ct));
        }
        catch (OperationCanceledException)
        {
            log.Write("Ended.");
        }

        return 0;
    }

    private void SayReady(StartPage page)
    {
        log.Write("");
        log.Write($"Open {page.Url} in a browser on this machine, or at once:");
        foreach (var portal in neighbours.Portals)
            log.Write($"  {portal.Name + ":",-6}{page.PairUrl(portal)}   the app: {portal.AppPageUrl}/");
        if (options.Folder is not null)
            log.Write("The app starts again when a file of its folder changes.");
        log.Write("Ctrl-C ends everything and removes what was made.");
        log.Write("READY " + string.Join(' ', neighbours.Portals.Select(portal => $"{portal.Name.ToLowerInvariant()}={page.PairUrl(portal)}")));
    }

    private async Task Follow(AppFolder folder, ImmutableDictionary<string, (DateTime, long)> before, CancellationToken ct)
    {
        while (true)
        {
            (var changed, before) = await folder.Changed(before, ct);
            log.Write($"{string.Join(", ", changed.Take(3))}{(changed.Count > 3 ? $" and {changed.Count - 3} more" : "")} changed.");
            await Restart(folder.Path, changed.Contains(Path.GetFileName(options.AppMeta)), ct);
        }
    }

    /// <summary>What is wrong with a change is said; what ran before it goes on, if it still can.</summary>
    private async Task Restart(string path, bool isDescribedAnew, CancellationToken ct)
    {
        try
        {
            var folder = AppFolder.Open(path);
            if (!await Build(folder, ct))
                return;
            if (isDescribedAnew)
                await neighbours.Register(ct);
            if (await neighbours.StartApps(folder, ct))
                log.Write("The app runs again.");
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or IOException)
        {
            log.Write(e.Message);
        }
    }

    private async Task<bool> Build(AppFolder folder, CancellationToken ct)
    {
        if (folder.Build is null)
            return true;
        var code = await Shell(folder.Build, folder, "build", new Dictionary<string, string>(), ct);
        if (code != 0)
            log.Write($"The build failed with exit code {code}.");
        return code == 0;
    }

    private async Task<int> Test(AppFolder folder, CancellationToken ct)
    {
        var environment = new Dictionary<string, string>();
        foreach (var portal in neighbours.Portals)
        {
            var (name, page) = (portal.Name.ToUpperInvariant(), new Uri(portal.AppPageUrl));
            environment[$"{name}_ID"] = portal.Id;
            environment[$"{name}_URL"] = $"http://127.0.0.1:{page.Port}"; // not every library finds names below .localhost
            environment[$"{name}_HOST"] = page.Authority;
            environment[$"{name}_TOKEN"] = await portal.AppSession(ct);
        }

        var code = await Shell(folder.Test!, folder, "test", environment, ct);
        log.Write(code == 0 ? "The test passed." : $"The test failed with exit code {code}.");
        return code;
    }

    private async Task<int> Shell(string command, AppFolder folder, string source, Dictionary<string, string> environment, CancellationToken ct)
    {
        await using var child = Child.StartShell(command, folder.Path, environment, log.For(source));
        return await child.Ended(ct);
    }
}
