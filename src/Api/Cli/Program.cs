using PeerRegistry.Api.Cli;

namespace PeerRegistry.Api;

public static class Program
{
    public static Task<int> Main(string[] args) => CommandLine.Run(args);
}
