using System.CommandLine;
using System.Globalization;
using MediatR;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The command <c>pair</c>: a fresh pairing link for whoever operates this machine, whether or not the registry is running, so that an owner who
/// has lost every paired device is not locked out. It prints <c>PAIR {link}</c> and <c>VALID until {time}, …</c>.
/// </summary>
internal static class PairVerb
{
    public static Command Command(string[] settings)
    {
        var portal = new Option<string?>("--portal") { Description = "The Portal to pair with, by its ID or the beginning of it. Default: the oldest one", HelpName = "ID" };
        portal.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<string?>() is { } text && !TypedPortalId.TryParse(text, out _))
                given.AddError("--portal: the ID of a Portal is needed, or at least its first six characters.");
        });
        var pair = new Command("pair", "Print a fresh link that pairs one browser with a Portal, whether or not the registry is running.") { portal };
        pair.SetAction((parsed, _) => Run(settings, parsed.GetValue(portal)));
        return pair;
    }

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    private static async Task Run(string[] settings, string? typed)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        await using var scope = app.Services.CreateAsyncScope();
        var (options, sender) = (scope.ServiceProvider.GetRequiredService<RegistryOptions>(), scope.ServiceProvider.GetRequiredService<IMediator>());
        var portals = scope.ServiceProvider.GetRequiredService<IPortalSnapshots>().All;
        var portal = portals.Count == 0 ? throw Unknown("There is no Portal here yet. The first start creates one and prints its pairing link.")
            : typed is null ? await sender.Send(new FindDefaultPortal())
            : Find(portals, TypedPortalId.Parse(typed));
        var code = await sender.Send(new CreatePairingCode(portal.Portal.Id));
        Console.WriteLine(FirstStart.PairLine(code, portal, portals.Count == 1, new Uri(options.Listen.Edge), options));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"VALID until {code.ExpiresAt:yyyy-MM-dd HH:mm:ss} UTC, for one browser. The next link replaces it."));
    }

    private static PortalSnapshot Find(IReadOnlyCollection<PortalSnapshot> portals, TypedPortalId typed) =>
        portals.Where(p => typed.Matches(p.Portal.Id)).ToArray() switch
        {
            [var found] => found,
            [] => throw Unknown($"There is no Portal {typed} here. There are: {string.Join(", ", portals.Select(p => p.Portal.Id.Short))}."),
            _ => throw Unknown($"More than one Portal here begins with {typed}. Give more of its ID."),
        };

    private static RefusedException Unknown(string message) => new(RefusalKind.NotFound, "portal_unknown", message);
}
