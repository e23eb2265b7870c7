using System.CommandLine;
using MediatR;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Originals;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The command <c>portal import DIR</c>. It prints what is taken over and what is left out, and for each Portal <c>PORTAL {full ID} {domain}</c> and a
/// PAIR line for its first device.
/// </summary>
internal static class ImportVerb
{
    public static Command Command(string[] settings)
    {
        var folder = new Argument<string>("DIR") { Description = "The data folder of the original core, in which the folder core is" };
        var visibility = new Option<string?>("--visibility")
        {
            Description = "Which peers each app sees. Needed if there are apps and peers", HelpName = "all|none",
        };
        visibility.AcceptOnlyFromAmong("all", "none");
        var email = new Option<bool>("--email-public") { Description = "Publish the e-mail address, as the original does. Default: it is private" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print what would be imported, and store nothing of it" };
        var import = new Command("import", "Take over a Portal of the original core: its key, ID, profile, peers, names of terminals and apps.")
        {
            folder, visibility, email, dryRun,
        };
        import.SetAction((parsed, ct) => Run(
            settings, parsed.GetRequiredValue(folder), parsed.GetValue(visibility), parsed.GetValue(email), parsed.GetValue(dryRun), ct));
        return import;
    }

    private static async Task Run(string[] settings, string folder, string? visibility, bool emailPublic, bool isDryRun, CancellationToken ct)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        await using var scope = app.Services.CreateAsyncScope();
        var (options, sender) = (scope.ServiceProvider.GetRequiredService<RegistryOptions>(), scope.ServiceProvider.GetRequiredService<IMediator>());
        bool? areAllVisible = visibility is null ? null : visibility == "all";
        var plan = await sender.Send(new ImportOriginal(folder, options.Portal.Zone, areAllVisible, emailPublic, isDryRun), ct);
        foreach (var portal in plan.Portals)
        {
            Console.WriteLine($"PORTAL {portal.Id} {portal.Id.Short}.{options.Portal.Zone}");
            foreach (var line in Lines(portal))
                Console.WriteLine($"  {line}");
        }

        foreach (var left in plan.LeftOut)
            Console.WriteLine($"LEFT OUT {left.What}: {left.Why}");
        if (isDryRun)
        {
            Console.WriteLine("DRY RUN Nothing was stored.");
            return;
        }

        foreach (var portal in plan.Portals)
        {
            var snapshots = scope.ServiceProvider.GetRequiredService<IPortalSnapshots>();
            var code = await sender.Send(new CreatePairingCode(portal.Id), ct);
            var (found, isOnlyOne) = (snapshots.Find(portal.Id)!, snapshots.All.Count == 1);
            Console.WriteLine(FirstStart.PairLine(code, found, isOnlyOne, new Uri(options.Listen.Edge), options));
        }

        Console.WriteLine("IMPORTED The peers are contacted when the registry is started the next time.");
    }

    private static IEnumerable<string> Lines(PlannedPortal portal) =>
    [
        $"name {portal.Name}",
        .. portal.Avatar is null ? [] : new[] { "picture" },
        .. portal.Peers.Select(peer => $"peer {peer.Id.Short} {peer.Name}".TrimEnd()),
        .. portal.Devices.Select(device => $"terminal {device.Name}"),
        .. portal.Apps.Select(app => $"app {app.Name}"),
    ];
}
