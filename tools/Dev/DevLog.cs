namespace PeerRegistry.Dev;

/// <summary>One log of everything that runs, each line with its source before it, in colours if a person reads it on a terminal.</summary>
internal sealed class DevLog
{
    private const int Width = 9; // of the longest source

    /// <summary>ANSI foreground colours that are legible on light and dark.</summary>
    private static readonly int[] Colours = [36, 33, 35, 32, 34, 31, 95];

    private readonly bool isColoured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly Lock gate = new();

    /// <param name="portal">The index of the Portal that the source belongs to, which has a colour of its own; or null.</param>
    public Action<string> For(string source, int? portal = null)
    {
        var prefix = $"{source,-Width} | ";
        if (isColoured && portal is { } index)
            prefix = $"\e[{Colours[index % Colours.Length]}m{prefix}\e[0m";
        return line => Write(prefix + line);
    }

    /// <summary>A sentence of this program itself.</summary>
    public void Write(string line)
    {
        lock (gate)
            Console.WriteLine(line);
    }
}
