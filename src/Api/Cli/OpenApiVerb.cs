using System.CommandLine;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;

namespace PeerRegistry.Api.Cli;

/// <summary>The command <c>openapi</c>: prints the OpenAPI document of a listener, which <c>docs/openapi</c> keeps. It starts nothing.</summary>
internal static class OpenApiVerb
{
    public static Command Command(string[] settings)
    {
        var listener = new Argument<string>("listener") { Description = "The listener to describe" };
        listener.AcceptOnlyFromAmong("edge", "internal");
        var command = new Command("openapi", "Print the OpenAPI document of a listener.") { listener };
        command.SetAction((parsed, _) => Run(settings, parsed.GetValue(listener) == "edge" ? Listener.Edge : Listener.Internal));
        return command;
    }

    private static async Task Run(string[] settings, Listener listener)
    {
        await using var app = RegistryHost.Build(settings);
        app.UseEndpoints(_ => { }); // makes the routes known, which a start would do
        await using var output = Console.OpenStandardOutput();
        await output.WriteAsync(await app.Services.GetRequiredService<OpenApiDocuments>().Json(listener));
    }
}
