using System.Text.Json.Serialization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <summary>Who may reach a path. A higher value is stricter.</summary>
public enum Access
{
    Public,
    Peer,
    Private,
}

/// <param name="Prefix">The path prefix as written in the description. The empty prefix is the default rule.</param>
/// <param name="Headers">The template of each header by its name, both as written.</param>
public sealed record AccessRule(string Prefix, Access Access, IReadOnlyDictionary<string, string> Headers)
{
    public bool Equals(AccessRule? other) =>
        other is not null && Prefix == other.Prefix && Access == other.Access && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Headers.TryGetValue(header.Key, out var template) && template == header.Value);

    public override int GetHashCode() => HashCode.Combine(Prefix, Access, Headers.Count);
}

/// <param name="Container">The name of the container that serves it.</param>
/// <param name="Port">The port inside the container, without TLS.</param>
/// <param name="Protocol"><c>http</c> or <c>mqtt</c>. Access rules apply to <c>http</c> only.</param>
public sealed record Entrypoint(string Container, int Port, string Protocol);

/// <summary>When the app's idle containers may be paused or stopped. The registry stores this for the program that runs them.</summary>
/// <param name="IdleForPause">In seconds, or null for the Portal's default.</param>
/// <param name="IdleForStop">In seconds, or null for the Portal's default.</param>
public sealed record Lifecycle(bool AlwaysOn, bool SkipPause, int? IdleForPause, int? IdleForStop);

/// <summary>An <c>app_meta.json</c>, converted to the newest version, 1.3. The texts for the app store are left out.</summary>
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

    /// <summary>The path to which the core posts events, or null if the app wants none; see <see cref="WebhookPath"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Webhook { get; init; }

    /// <summary>The permissions that the app asks for, each once and in the order of their values. Unknown ones are left out.</summary>
    [JsonIgnore]
    public IReadOnlyList<AppPermission> Permissions { get; init; } = [];

    /// <summary>The permissions as they are stored: null if there are none, as in what was recorded before there were any.</summary>
    [JsonPropertyName("permissions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AppPermission>? StoredPermissions
    {
        get => Permissions.Count == 0 ? null : Permissions;
        init => Permissions = value ?? [];
    }

    public bool Equals(AppMeta? other) =>
        other is not null && Name == other.Name && PrettyName == other.PrettyName && AppVersion == other.AppVersion && Icon == other.Icon
        && Homepage == other.Homepage && UpstreamRepo == other.UpstreamRepo && Lifecycle == other.Lifecycle
        && MinimumPortalSize == other.MinimumPortalSize && Webhook == other.Webhook && Rules.SequenceEqual(other.Rules)
        && Entrypoints.SequenceEqual(other.Entrypoints) && Permissions.SequenceEqual(other.Permissions);

    public override int GetHashCode() => HashCode.Combine(Name, PrettyName, AppVersion, Rules.Count);

    /// <summary>The refusal <c>app_meta_invalid</c>.</summary>
    public static RefusedException Refuse(string message) => new(RefusalKind.Invalid, "app_meta_invalid", message);
}
