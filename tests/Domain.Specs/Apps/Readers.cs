using System.Text;

namespace PeerRegistry.Domain.Specs.Apps;

/// <summary>Ways in which servers and frameworks get from a request's target to the path that they route by.</summary>
internal static class Readers
{
    private static readonly Func<string, string>[] Steps = [Decode, Merge, MergeLeading, Resolve, Cut, CutRest, Windows, DropHost];

    /// <summary>Every sequence of at most four different steps, after the query was cut off.</summary>
    public static IEnumerable<Func<string, string>> All()
    {
        foreach (var order in Orders([], 4))
            yield return target => order.Aggregate(target.Split('?')[0], (path, step) => step(path));
    }

    private static IEnumerable<Func<string, string>[]> Orders(Func<string, string>[] taken, int more)
    {
        yield return taken;
        if (more == 0)
            yield break;
        foreach (var step in Steps.Where(step => step == Decode || !taken.Contains(step)))
        {
            foreach (var order in Orders([.. taken, step], more - 1))
                yield return order;
        }
    }

    private static string Decode(string path)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                bytes.Add(Convert.ToByte(path.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes([path[i]]));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static string Merge(string path)
    {
        while (path.Contains("//", StringComparison.Ordinal))
            path = path.Replace("//", "/", StringComparison.Ordinal);
        return path;
    }

    private static string MergeLeading(string path) => path.StartsWith('/') ? "/" + path.TrimStart('/') : path;

    private static string Resolve(string path)
    {
        var kept = new List<string>();
        foreach (var segment in path.Split('/').Skip(1))
        {
            if (segment == "..")
                kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            else if (segment != ".")
                kept.Add(segment);
        }

        return "/" + string.Join('/', kept);
    }

    private static string Cut(string path) => string.Join('/', path.Split('/').Select(segment => segment.Split(';')[0]));

    private static string CutRest(string path) => path.Split(';')[0];

    private static string Windows(string path) => path.Replace('\\', '/');

    /// <summary>As a parser of URLs takes <c>//host/path</c>.</summary>
    private static string DropHost(string path) =>
        path.StartsWith("//", StringComparison.Ordinal) && path.IndexOf('/', 2) is > 0 and var end ? path[end..] : path;
}
