using System.Net;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary><c>Peering:Resolve</c>: names that are not asked of DNS. The exact name wins, then the longest <c>*.</c> suffix.</summary>
internal sealed class FixedAddresses
{
    private readonly Dictionary<string, IPEndPoint> exact = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Suffix, IPEndPoint EndPoint)> below = [];

    /// <exception cref="FormatException">An entry is not <c>host=ip:port</c>.</exception>
    public FixedAddresses(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            if (!TryParse(entry, out var host, out var endPoint))
                throw new FormatException($"Peering:Resolve takes host=ip:port, not '{entry}'.");

            if (host.StartsWith("*.", StringComparison.Ordinal))
                below.Add((host[1..], endPoint));
            else
                exact[host] = endPoint;
        }

        below.Sort((a, b) => b.Suffix.Length - a.Suffix.Length);
    }

    public static bool TryParse(string entry, out string host, out IPEndPoint endPoint)
    {
        var equals = entry.IndexOf('=', StringComparison.Ordinal);
        host = equals > 0 ? entry[..equals].Trim() : "";
        endPoint = null!;
        return host.Length > 0 && IPEndPoint.TryParse(entry.AsSpan(equals + 1).Trim(), out endPoint!) && endPoint.Port > 0;
    }

    public IPEndPoint? Find(string host)
    {
        if (exact.TryGetValue(host, out var endPoint))
            return endPoint;

        foreach (var (suffix, found) in below)
        {
            if (host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase))
                return found;
        }

        return null;
    }
}
