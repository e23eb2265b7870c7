namespace PeerRegistry.Bench;

/// <summary><c>./run bench {Name}</c>. Found by reflection; one file each.</summary>
internal interface IBenchmark
{
    string Name { get; }

    /// <returns>Whether every target was met.</returns>
    Task<bool> Run(IReadOnlyList<string> args);
}

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var known = typeof(Program).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IBenchmark)))
            .Select(t => (IBenchmark)Activator.CreateInstance(t)!).OrderBy(b => b.Name, StringComparer.Ordinal).ToList();
        if (known.Find(b => b.Name == args.FirstOrDefault()) is { } benchmark)
            return await benchmark.Run(args[1..]) ? 0 : 1;

        await Console.Error.WriteLineAsync($"usage: ./run bench {string.Join('|', known.Select(b => b.Name))}");
        return 2;
    }
}
