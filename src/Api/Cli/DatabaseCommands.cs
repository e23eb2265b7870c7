using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Cli;

/// <summary>The commands <c>db apply</c> and <c>db assert</c>.</summary>
internal static class DatabaseCommands
{
    private const string UpToDate = "The schema of the database is the one of this version.";

    /// <summary>Does to the database what a start does, and serves nothing.</summary>
    public static async Task Apply(string[] settings)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        Console.WriteLine(UpToDate);
    }

    /// <exception cref="StartRefusedException">The schema differs; each difference is a sentence.</exception>
    public static async Task Assert(string[] settings)
    {
        await using var app = RegistryHost.Build(settings);
        if (await RegistryHost.CompareSchema(app) is { Count: > 0 } differences)
            throw new StartRefusedException(differences);
        Console.WriteLine(UpToDate);
    }
}
