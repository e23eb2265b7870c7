namespace PeerRegistry.Api.Cli;

public static class Program
{
    public static Task<int> Main(string[] args) => CommandLine.Run(args);
}
