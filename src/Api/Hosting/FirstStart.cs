using MediatR;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Hosting;

/// <summary>Creates the first Portal before the listeners open, and prints the READY line once they are open.</summary>
internal sealed class FirstStart(RegistryOptions options, IServiceScopeFactory scopes, IPortalSnapshots snapshots, IServer server, ILogger<FirstStart> log)
    : IHostedLifecycleService
{
    /// <summary>The Portals that this start has given another domain.</summary>
    private IReadOnlyList<PortalId> moved = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var sender = scope.ServiceProvider.GetRequiredService<IMediator>();
        if (snapshots.All.Count == 0)
            await sender.Send(New(options.Portal, options.Portal.Name), cancellationToken);
        else
            moved = await sender.Send(new FollowZone(options.Portal.Zone), cancellationToken);
        foreach (var portal in moved)
            log.LogInformation("Portal {Portal} has the domain {Domain} now. Its peers are told.", portal, snapshots.Find(portal)?.Portal.Domain);
    }

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var sender = scope.ServiceProvider.GetRequiredService<IMediator>();
        var portal = await sender.Send(new FindDefaultPortal(), cancellationToken);
        var (edge, inner, others) = server.Features.Get<IServerAddressesFeature>()!.Addresses.ToArray() is [var first, var second, .. var rest]
            ? (first, second, rest)
            : throw new InvalidOperationException("Two listeners were expected.");
        if (portal.Devices.IsEmpty || moved.Count > 0) // at another domain a browser is signed in nowhere
            await OfferPairing(sender, portal, new Uri(edge), cancellationToken);
        var further = string.Concat(others.Select(other => $" {(other.StartsWith("https:", StringComparison.Ordinal) ? "tls" : "metrics")}={other}"));
        Console.WriteLine($"READY edge={edge} internal={inner} portal={portal.Portal.Id}{further}");
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public static CreatePortal New(RegistryOptions.PortalOptions portal, string name) =>
        new(portal.KeyType == "ed25519" ? KeyKind.Ed25519 : KeyKind.Rsa, portal.Zone, name);

    /// <summary>Prints a pairing code. In a cluster, the code that another node has printed stays valid; a restarted single node needs a new one.</summary>
    private async Task OfferPairing(IMediator sender, PortalSnapshot portal, Uri edge, CancellationToken ct)
    {
        var code = options.Cluster.Enabled
            ? await sender.Send(new CreatePairingCodeUnlessThereIsOne(portal.Portal.Id), ct)
            : await sender.Send(new CreatePairingCode(portal.Portal.Id), ct);
        if (code is null)
            log.LogInformation("No device is paired yet. The pairing code that another node has printed is still valid.");
        else
            Console.WriteLine(PairLine(code, portal, snapshots.All.Count == 1, edge, options));
    }

    /// <summary>
    /// The link to pair with: the Portal's public address, or for a name that means this machine everywhere the listener's, which needs no proxy.
    /// </summary>
    /// <param name="isOnlyOne">Whether the registry has no other Portal, so that the listener's address alone says which is meant.</param>
    public static string PairLine(PairingCode code, PortalSnapshot portal, bool isOnlyOne, Uri edge, RegistryOptions options)
    {
        if (!portal.Portal.Domain.EndsWith(".localhost", StringComparison.Ordinal))
            return $"PAIR {new PublicUrl(options).Portal(portal)}{code.Path}";

        var listener = edge.Host is "0.0.0.0" or "[::]" ? "127.0.0.1" : edge.Host;
        return $"PAIR http://{(isOnlyOne ? listener : portal.Portal.Domain)}:{edge.Port}{code.Path}";
    }
}
