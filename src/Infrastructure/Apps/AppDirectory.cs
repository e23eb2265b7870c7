using System.Security.Cryptography;
using System.Text.RegularExpressions;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>
/// Registers <c>{folder}/{app}/app_meta.json</c> with the default Portal and follows the folder by looking every two seconds, which
/// works on every file system. An app whose file goes away while we look is removed; if the whole folder is gone, nothing is, since
/// then a mount failed.
/// </summary>
internal sealed partial class AppDirectory(
    RegistryOptions options, IServiceScopeFactory scopes, IPortalSnapshots snapshots, TimeProvider clock, ILogger<AppDirectory> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, string> seen = [];
    private readonly Dictionary<string, string> icons = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        do
        {
            try
            {
                await Look(options.Apps.Directory!, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "The apps in {Folder} could not be read", options.Apps.Directory);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Look(string folder, CancellationToken ct)
    {
        if (!Directory.Exists(folder) || snapshots.All.Count == 0)
            return;

        await using var scope = scopes.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        scope.ServiceProvider.GetRequiredService<CurrentActor>().Reason = "apps_directory";
        var portal = (await mediator.Send(new FindDefaultPortal(), ct)).Portal.Id;
        var there = Directory.EnumerateDirectories(folder).Where(app => File.Exists(FileOf(app))).ToDictionary(app => Path.GetFileName(app));
        foreach (var (name, path) in there)
        {
            var description = await File.ReadAllBytesAsync(FileOf(path), ct);
            var print = Convert.ToHexString(SHA256.HashData(description));
            if (seen.GetValueOrDefault(name) != print)
                await Register(mediator, portal, name, description, ct);
            await ShowIcon(mediator, portal, name, path, ct);
            seen[name] = print;
        }

        foreach (var gone in seen.Keys.Where(name => !there.ContainsKey(name)).ToList())
        {
            seen.Remove(gone);
            icons.Remove(gone);
            await Remove(mediator, portal, gone, ct);
        }
    }

    /// <summary>Takes the picture beside the description that the description names. It is looked for again only when its size or time has changed.</summary>
    private async Task ShowIcon(IMediator mediator, PortalId portal, string name, string folder, CancellationToken ct)
    {
        if (snapshots.Find(portal)?.Apps.GetValueOrDefault(name)?.Meta.Icon is not { } icon || !FileName().IsMatch(icon))
            return;

        var file = new FileInfo(Path.Combine(folder, icon));
        if (!file.Exists || file.LinkTarget is not null || file.Length > SetAppIcon.MaxLength)
            return;

        var print = $"{icon} {file.Length} {file.LastWriteTimeUtc.Ticks}";
        if (icons.GetValueOrDefault(name) == print)
            return;

        icons[name] = print;
        try
        {
            await mediator.Send(new SetAppIcon(portal, name, await File.ReadAllBytesAsync(file.FullName, ct)), ct);
        }
        catch (RefusedException refused)
        {
            log.LogWarning("The icon of app {App} is not taken: {Reason}", name, refused.Message);
        }
    }

    private async Task Register(IMediator mediator, PortalId portal, string name, byte[] description, CancellationToken ct)
    {
        try
        {
            var app = await mediator.Send(new RegisterApp(portal, name, description), ct);
            foreach (var warning in app.Warnings)
                log.LogInformation("App {App}: {Warning}", name, warning);
        }
        catch (RefusedException refused)
        {
            log.LogWarning("App {App} is not taken: {Reason}", name, refused.Message);
        }
    }

    private static async Task Remove(IMediator mediator, PortalId portal, string name, CancellationToken ct)
    {
        try
        {
            await mediator.Send(new RemoveApp(portal, name), ct);
        }
        catch (RefusedException refused) when (refused.Kind == RefusalKind.NotFound)
        {
            // was never taken, or the owner removed it first
        }
    }

    /// <summary>A name in the same folder: no path, and nothing hidden.</summary>
    [GeneratedRegex("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$")]
    private static partial Regex FileName();

    private static string FileOf(string app) => Path.Combine(app, "app_meta.json");
}
