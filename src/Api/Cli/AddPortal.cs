using MediatR;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Cli;

/// <summary><c>portal add [--name NAME]</c>: a further Portal in the same registry, whether that is running or not.</summary>
internal static class AddPortal
{
    public static async Task Run(string[] args)
    {
        await using var app = Program.Build(args);
        await Program.StartStore(app);
        await using var scope = app.Services.CreateAsyncScope();
        var (options, sender) = (scope.ServiceProvider.GetRequiredService<RegistryOptions>(), scope.ServiceProvider.GetRequiredService<IMediator>());
        var id = await sender.Send(FirstStart.New(options.Portal, app.Configuration["name"] ?? options.Portal.Name));
        var portal = scope.ServiceProvider.GetRequiredService<IPortalSnapshots>().Find(id)!;
        Console.WriteLine(await FirstStart.PairLine(sender, portal, portal.Portal.Domain, new Uri(options.Listen.Edge), default));
        Console.WriteLine($"PORTAL {id} {portal.Portal.Domain}");
    }
}
