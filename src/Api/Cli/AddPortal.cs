using MediatR;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Cli;

/// <summary>The command <c>portal add</c>. It prints a PAIR line for the new Portal's first device, and <c>PORTAL {full ID} {domain}</c>.</summary>
internal static class AddPortal
{
    /// <param name="name">The new Portal's name, or null for that of <c>Portal__Name</c>.</param>
    public static async Task Run(string[] settings, string? name)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        await using var scope = app.Services.CreateAsyncScope();
        var (options, sender) = (scope.ServiceProvider.GetRequiredService<RegistryOptions>(), scope.ServiceProvider.GetRequiredService<IMediator>());
        var id = await sender.Send(FirstStart.New(options.Portal, name ?? options.Portal.Name));
        var portal = scope.ServiceProvider.GetRequiredService<IPortalSnapshots>().Find(id)!;
        var code = await sender.Send(new CreatePairingCode(id));
        Console.WriteLine(FirstStart.PairLine(code, portal, isOnlyOne: false, new Uri(options.Listen.Edge), options));
        Console.WriteLine($"PORTAL {id} {portal.Portal.Domain}");
    }
}
