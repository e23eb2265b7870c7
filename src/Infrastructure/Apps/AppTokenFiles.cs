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
/// Keeps a file with a valid token for each app: <c>{app}</c> for those of the default Portal, <c>{app}.{short ID}</c> for those of others. The database
/// holds hashes only, so an app whose file lacks its token gets a new one. Looks every two seconds, for apps that were registered or removed.
/// </summary>
internal sealed class AppTokenFiles(
    TokenFolder folder, IServiceScopeFactory scopes, IPortalSnapshots snapshots, TimeProvider clock, ILogger<AppTokenFiles> log)
    : BackgroundService, IAppTokenFiles
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Held while a token is issued and written, so that the two always belong together.</summary>
    private readonly SemaphoreSlim gate = new(1);

    private PortalId? defaultPortal;

    public async Task<string> Keep(AppPlace app, Func<Task<string>> issue, CancellationToken ct)
    {
        var name = await NameOf(app, ct);
        await gate.WaitAsync(ct);
        try
        {
            var token = await issue();
            Write(name, token);
            return token;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <exception cref="StartRefusedException">The folder cannot be used.</exception>
    public override Task StartAsync(CancellationToken cancellationToken) =>
        folder.Fault() is { } fault ? throw new StartRefusedException(fault) : base.StartAsync(cancellationToken);

    public override void Dispose()
    {
        gate.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        var failing = false;
        do
        {
            try
            {
                await Look(stoppingToken);
                failing = false;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing)
                    log.LogError("The tokens of apps cannot be written: {Error}", e.Message);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Look(CancellationToken ct)
    {
        var names = new HashSet<string>();
        foreach (var portal in snapshots.All)
        {
            foreach (var app in portal.Apps.Keys)
            {
                AppPlace place = new(portal.Portal.Id, app);
                var name = await NameOf(place, ct);
                names.Add(name);
                await Complete(place, name, ct);
            }
        }

        folder.KeepOnly(names);
    }

    private async Task Complete(AppPlace app, string name, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            if (folder.Read(name) is { } token && snapshots.FindCredential(TokenHash.Of(token)) is var (portal, credential)
                && portal.Portal.Id == app.Portal && credential.Kind == CredentialKind.App && credential.Holder == app.App)
                return;

            using var place = folder.Open(name);
            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CurrentActor>().Reason = "token_directory";
            place.Write(await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ReplaceAppToken(app.Portal, app.App), ct));
        }
        catch (RefusedException refused) when (refused.Kind == RefusalKind.NotFound)
        {
            // it was removed meanwhile
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The token is valid whether or not it can be written, so its owner gets it in any case.</summary>
    private void Write(string name, string token)
    {
        try
        {
            using var place = folder.Open(name);
            place.Write(token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogError("The new token of {App} is not in its file: {Error}", name, e.Message);
        }
    }

    private async ValueTask<string> NameOf(AppPlace app, CancellationToken ct)
    {
        if (defaultPortal is not { } first)
        {
            await using var scope = scopes.CreateAsyncScope();
            defaultPortal = first = (await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new FindDefaultPortal(), ct)).Portal.Id;
        }

        return app.Portal == first ? app.App : $"{app.App}.{app.Portal.Short}";
    }
}
