using System.Text.Json.Serialization;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Application.Snapshots;

/// <summary>An app password as it is listed. The password itself is not stored.</summary>
/// <param name="CreatedAt">When the owner created it.</param>
public sealed record AppPasswordRow(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>Read model of stream <c>app-{name}</c>, deleted with the app.</summary>
/// <param name="HasToken">Whether a token was issued. Whether it is still valid is stored with the credentials.</param>
public sealed record AppRow(string Name, AppMeta Meta, Visibility Visibility, DateTimeOffset RegisteredAt, bool HasToken = false)
{
    private Compiled? compiled;

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<AppPasswordRow> Passwords { get; init; } = [];

    /// <summary>The compiled access rules, made on first use.</summary>
    [JsonIgnore]
    public AccessRules Rules
    {
        get
        {
            if (compiled is not { } ready || !ReferenceEquals(ready.Of, Meta))
                compiled = ready = new Compiled(Meta, AccessRules.Compile(Meta));
            return ready.Rules;
        }
    }

    public bool Equals(AppRow? other) =>
        other is not null && Name == other.Name && Meta == other.Meta && Visibility == other.Visibility
        && RegisteredAt == other.RegisteredAt && HasToken == other.HasToken && Passwords.SequenceEqual(other.Passwords);

    public override int GetHashCode() => HashCode.Combine(Name, RegisteredAt);

    private sealed record Compiled(AppMeta Of, AccessRules Rules);
}
