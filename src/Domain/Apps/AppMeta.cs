using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <summary>Who may reach a path. A higher value is stricter.</summary>
public enum Access
{
    Public,
    Peer,
    Private,
}

/// <param name="Prefix">As written in the description; the empty one is the default rule.</param>
/// <param name="Headers">Name to template, as written.</param>
public sealed record AccessRule(string Prefix, Access Access, IReadOnlyDictionary<string, string> Headers)
{
    public bool Equals(AccessRule? other) =>
        other is not null && Prefix == other.Prefix && Access == other.Access && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Headers.TryGetValue(header.Key, out var template) && template == header.Value);

    public override int GetHashCode() => HashCode.Combine(Prefix, Access, Headers.Count);
}

/// <param name="Container">Name of the container that serves it.</param>
/// <param name="Port">Inside the container, plain.</param>
/// <param name="Protocol"><c>http</c> or <c>mqtt</c>; only <c>http</c> is judged by access rules.</param>
public sealed record Entrypoint(string Container, int Port, string Protocol);

/// <summary>When the app's containers may rest. Kept for whoever runs them; the registry does not.</summary>
/// <param name="IdleForPause">Seconds; null: the Portal's default.</param>
/// <param name="IdleForStop">Seconds; null: the Portal's default.</param>
public sealed record Lifecycle(bool AlwaysOn, bool SkipPause, int? IdleForPause, int? IdleForStop);

/// <summary>An <c>app_meta.json</c> in its newest version, 1.3; the texts for the store are left out.</summary>
public sealed record AppMeta(string Name, string PrettyName, IReadOnlyList<AccessRule> Rules)
{
    public const string Version = "1.3";

    public string? AppVersion { get; init; }

    public string? Icon { get; init; }

    public string? Homepage { get; init; }

    public string? UpstreamRepo { get; init; }

    public IReadOnlyList<Entrypoint> Entrypoints { get; init; } = [];

    public Lifecycle? Lifecycle { get; init; }

    public string MinimumPortalSize { get; init; } = "xs";

    public bool Equals(AppMeta? other) =>
        other is not null && Name == other.Name && PrettyName == other.PrettyName && AppVersion == other.AppVersion && Icon == other.Icon
        && Homepage == other.Homepage && UpstreamRepo == other.UpstreamRepo && Lifecycle == other.Lifecycle
        && MinimumPortalSize == other.MinimumPortalSize && Rules.SequenceEqual(other.Rules) && Entrypoints.SequenceEqual(other.Entrypoints);

    public override int GetHashCode() => HashCode.Combine(Name, PrettyName, AppVersion, Rules.Count);

    /// <exception cref="RefusedException"><c>app_meta_invalid</c></exception>
    public static RefusedException Refuse(string message) => new(RefusalKind.Invalid, "app_meta_invalid", message);
}
