using System.Data.Common;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Cli;

/// <summary>What <c>./run</c> hands on: a verb, or nothing to serve. Settings may follow as <c>--Section:Name=value</c>.</summary>
internal static class CommandLine
{
    private const string Usage = "usage: ./run [portal add [--name NAME] | proxy-config caddy|nginx|traefik]";

    /// <returns>0; 1: refused, with the reasons on standard error; 2: not understood.</returns>
    public static async Task<int> Run(string[] args)
    {
        try
        {
            switch (args)
            {
                case ["portal", "add", .. var rest]:
                    await AddPortal.Run(rest);
                    return 0;
                case ["proxy-config", var proxy, .. var rest] when ProxyConfigVerb.Writer(proxy) is { } write:
                    await ProxyConfigVerb.Run(write, rest);
                    return 0;
                case [var verb, ..] when !verb.StartsWith("--", StringComparison.Ordinal):
                    await Console.Error.WriteLineAsync(Usage);
                    return 2;
                default:
                    await using (var app = Program.Build(args))
                        await app.RunAsync();
                    return 0;
            }
        }
        catch (StartRefusedException refused)
        {
            foreach (var fault in refused.Faults)
                await Console.Error.WriteLineAsync(fault);
            return 1;
        }
        catch (Exception e)
        {
            // A port, a directory, a database or a key that cannot be used says so itself; anything else needs its stack.
            var said = e is IOException or UnauthorizedAccessException or InvalidDataException or DbException;
            await Console.Error.WriteLineAsync(said ? e.Message : e.ToString());
            return 1;
        }
    }
}
