using System.CommandLine;
using System.Data.Common;
using System.Runtime.InteropServices;
using MediatR;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The command <c>proxy-config</c>. It prints the configuration of a reverse proxy for the registered Portals and apps, whether or not the registry is
/// running; or it keeps a file up to date beside a registry that is.
/// </summary>
internal static class ProxyConfigVerb
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>By the proxy's name: for one that asks the core about every request, and for one that passes everything on to the gateway.</summary>
    public static readonly IReadOnlyDictionary<string, (Func<ProxySetup, string> ForwardAuth, Func<ProxySetup, string> Gateway)> Writers =
        new Dictionary<string, (Func<ProxySetup, string>, Func<ProxySetup, string>)>
        {
            ["caddy"] = (CaddyConfig.Write, GatewayConfig.Caddy),
            ["nginx"] = (NginxConfig.Write, GatewayConfig.Nginx),
            ["traefik"] = (TraefikConfig.Write, GatewayConfig.Traefik),
        };

    /// <summary>How each proxy checks its configuration and is made to read it. Traefik reads a changed file by itself.</summary>
    private static readonly Dictionary<string, (string? Check, string? Reload)> Commands = new()
    {
        ["caddy"] = ("caddy validate --adapter caddyfile --config \"$FILE\"", "caddy reload --adapter caddyfile --config \"$FILE\""),
        ["nginx"] = ("nginx -t", "nginx -s reload"),
        ["traefik"] = (null, null),
    };

    public static Command Command(string[] settings)
    {
        var proxy = new Argument<string>("proxy") { Description = "The reverse proxy to configure" };
        proxy.AcceptOnlyFromAmong([.. Writers.Keys]);
        var gateway = new Option<bool>("--gateway") { Description = "The proxy only ends TLS and passes everything on to the registry, which forwards to the apps itself" };
        var watch = new Option<string?>("--watch")
        {
            Description = "Write to this file instead, again whenever Portals or apps change, and make the proxy read it. Runs until it is stopped",
            HelpName = "FILE",
        };
        var check = new Option<string?>("--check") { Description = "With --watch: the command that checks $FILE. Default: the proxy's own", HelpName = "COMMAND" };
        var reload = new Option<string?>("--reload") { Description = "With --watch: the command that makes the proxy read $FILE. Default: the proxy's own", HelpName = "COMMAND" };
        var command = new Command("proxy-config", "Print the reverse proxy's configuration for the registered Portals and apps.") { proxy, gateway, watch, check, reload };
        command.Validators.Add(given =>
        {
            if (given.GetValue(watch) is null && (given.GetValue(check) ?? given.GetValue(reload)) is not null)
                given.AddError("--check and --reload belong to --watch.");
        });
        command.SetAction((parsed, _) =>
        {
            var name = parsed.GetRequiredValue(proxy);
            var write = parsed.GetValue(gateway) ? Writers[name].Gateway : Writers[name].ForwardAuth;
            if (parsed.GetValue(watch) is not { } file)
                return Run(write, settings);

            var (usualCheck, usualReload) = Commands[name];
            return Watch(write, settings, new WatchedFile(
                file, parsed.GetValue(check) ?? usualCheck, parsed.GetValue(reload) ?? usualReload, Console.Error, TimeProvider.System));
        });
        return command;
    }

    private static async Task Run(Func<ProxySetup, string> write, string[] settings)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        await using var scope = app.Services.CreateAsyncScope();
        var first = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new FindDefaultPortal());
        var setup = Setup(app, first.Portal.Id);
        foreach (var leftOut in setup.LeftOut)
            await Console.Error.WriteLineAsync($"Left out: {leftOut}");
        await Console.Out.WriteAsync(write(setup));
    }

    /// <summary>Follows the registry's database, which may be away at any time, until it is told to end.</summary>
    private static async Task Watch(Func<ProxySetup, string> write, string[] settings, WatchedFile file)
    {
        using var ended = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        await using var app = RegistryHost.Build(settings);
        try
        {
            await StartBeside(app, ended.Token);
            var (said, oldest) = (new HashSet<string>(), (PortalId?)null);
            while (true)
            {
                oldest ??= await Oldest(app, ended.Token);
                if (oldest is { } first)
                {
                    var setup = Setup(app, first);
                    foreach (var leftOut in setup.LeftOut.Where(said.Add))
                        await Console.Error.WriteLineAsync($"Left out: {leftOut}");
                    await Take(file, write(setup), ended.Token);
                }

                await Task.Delay(Look, TimeProvider.System, ended.Token);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            await RegistryHost.StopStore(app);
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ended.Cancel();
        }
    }

    private static async Task Take(WatchedFile file, string text, CancellationToken ct)
    {
        try
        {
            await file.Take(text, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            await Console.Error.WriteLineAsync(e.Message);
            await Task.Delay(10 * Look, TimeProvider.System, ct);
        }
    }

    /// <summary>Waits for the database of a registry that is running, or will be. It takes no lock, so that the registry can start meanwhile.</summary>
    private static async Task StartBeside(WebApplication app, CancellationToken ct)
    {
        for (var failed = false; ;)
        {
            try
            {
                await RegistryHost.StartStoreBeside(app, ct);
                return;
            }
            catch (Exception e) when (e is DbException or IOException or TimeoutException && !ct.IsCancellationRequested)
            {
                if (!failed)
                    await Console.Error.WriteLineAsync($"Waiting for the database: {e.Message}");
                failed = true;
                await Task.Delay(Look, TimeProvider.System, ct);
            }
        }
    }

    /// <returns>The oldest Portal, or null if there is none yet or the database is away.</returns>
    private static async Task<PortalId?> Oldest(WebApplication app, CancellationToken ct)
    {
        if (app.Services.GetRequiredService<IPortalSnapshots>().All.Count == 0)
            return null;

        try
        {
            await using var scope = app.Services.CreateAsyncScope();
            return (await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new FindDefaultPortal(), ct)).Portal.Id;
        }
        catch (DbException)
        {
            return null;
        }
    }

    private static ProxySetup Setup(WebApplication app, PortalId oldest) => ProxySetup.Of(
        app.Services.GetRequiredService<IPortalSnapshots>().All, oldest, app.Services.GetRequiredService<RegistryOptions>(),
        app.Services.GetRequiredService<IProxySecrets>());
}
