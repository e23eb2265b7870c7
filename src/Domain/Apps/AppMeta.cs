namespace PeerRegistry.Domain.Apps;

public enum Access
{
    Public,
    Peer,
    Private,
}

/// <param name="Prefix">As written in the description; the empty one is the default rule.</param>
/// <param name="Headers">Name to template, as written.</param>
public sealed record AccessRule(string Prefix, Access Access, IReadOnlyDictionary<string, string> Headers);

/// <summary>What the registry needs of an <c>app_meta.json</c>.</summary>
/// <param name="Version">Of the format: <c>1.0</c> to <c>1.3</c>.</param>
public sealed record AppMeta(string Name, string PrettyName, string Version, IReadOnlyList<AccessRule> Rules);
