using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// The container in which an app listens, as its description names it: one host-name label of 1 to 63 letters, digits, dashes and
/// underscores. Only the container engine's own DNS resolves such names. A description comes from a store and must not point the proxy at
/// anything else on this machine or elsewhere, so these are refused: an address in any spelling that a resolver accepts (RFC 6943,
/// section 3.1.1: <c>127.0.0.1</c>, <c>0x7f000001</c>, <c>2130706433</c>), a name with a dot, and the machine's own names.
/// </summary>
public static partial class ContainerName
{
    public const string Form = "a container's name of letters, digits, dashes and underscores; not an address, not localhost and not the core's own name";

    private static readonly FrozenSet<string> OwnNames =
        FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "localhost", "ip6-localhost", "ip6-loopback", "portal_core", "shard_core");

    public static bool IsValid(string name) => Label().IsMatch(name) && !Number().IsMatch(name) && !OwnNames.Contains(name);

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A([0-9]+|0[xX][0-9A-Fa-f]*)\z")]
    private static partial Regex Number();
}
