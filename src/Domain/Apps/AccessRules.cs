namespace PeerRegistry.Domain.Apps;

/// <summary>Which rule one way of reading finds for a path.</summary>
/// <param name="Rule">Null: none covers it.</param>
public sealed record RuleReading(string Name, CompiledRule? Rule);

/// <summary>A rule made ready for judging.</summary>
/// <param name="Path">The prefix decoded; null where no path can match it.</param>
/// <param name="Headers">Only those that may be sent: <c>X-Ptl-*</c>.</param>
public sealed record CompiledRule(AccessRule Rule, string? Path, IReadOnlyList<KeyValuePair<string, HeaderTemplate>> Headers)
{
    public Access Access => Rule.Access;
}

/// <summary>
/// The rules of one app. A path is read in several ways: as the original core reads it, by the longest prefix of the target as it
/// came; by the longest prefix of the decoded path; and by whole segments of it. Where they disagree, the strictest
/// wins, and no rule is stricter than any (ADR 0010).
/// </summary>
public sealed class AccessRules
{
    public const string ReservedPath = "/.portal";

    private readonly CompiledRule[] byWrittenLength;
    private readonly CompiledRule[] byLength;
    private readonly bool plain;

    private AccessRules(IReadOnlyList<CompiledRule> rules)
    {
        All = rules;
        plain = rules.All(rule => rule.Path == rule.Rule.Prefix);
        byWrittenLength = [.. rules.OrderByDescending(rule => rule.Rule.Prefix.Length).ThenByDescending(rule => rule.Access)];
        byLength =
        [
            .. rules.Where(rule => rule.Path is not null).OrderByDescending(rule => Segments(rule).Length).ThenByDescending(rule => rule.Access),
        ];
    }

    public IReadOnlyList<CompiledRule> All { get; }

    public static AccessRules Compile(AppMeta meta) => new([.. meta.Rules.Select(Compile)]);

    /// <summary>The core keeps this path of every app's host for itself.</summary>
    /// <param name="path">Decoded.</param>
    public static bool IsReserved(string path) =>
        path.StartsWith(ReservedPath, StringComparison.OrdinalIgnoreCase) && (path.Length == ReservedPath.Length || path[ReservedPath.Length] == '/');

    /// <param name="target">As it came, query included.</param>
    /// <param name="path">What <see cref="PathReading"/> makes of it.</param>
    /// <returns>Null: the app has nothing there.</returns>
    public CompiledRule? Judge(string target, string path)
    {
        var judged = Stricter(ByPrefix(path), BySegments(path));
        return plain && ReferenceEquals(target, path) ? judged : Stricter(judged, AsWritten(target));
    }

    /// <summary>All readings apart, for the owner who asks why.</summary>
    public IReadOnlyList<RuleReading> Explain(string target, string path) =>
        [new("prefix", ByPrefix(path)), new("segments", BySegments(path)), new("as_written", AsWritten(target))];

    private static CompiledRule? Stricter(CompiledRule? one, CompiledRule? other) =>
        one is null || other is null ? null : other.Access > one.Access ? other : one;

    private CompiledRule? AsWritten(string target)
    {
        foreach (var rule in byWrittenLength)
        {
            if (target.StartsWith(rule.Rule.Prefix, StringComparison.Ordinal))
                return rule;
        }

        return null;
    }

    private CompiledRule? ByPrefix(string path)
    {
        CompiledRule? found = null;
        foreach (var rule in byLength)
        {
            if (path.StartsWith(rule.Path!, StringComparison.Ordinal) && (found is null || rule.Path!.Length > found.Path!.Length))
                found = rule;
        }

        return found;
    }

    private CompiledRule? BySegments(string path)
    {
        foreach (var rule in byLength)
        {
            var segments = Segments(rule);
            if (path.AsSpan().StartsWith(segments) && (path.Length == segments.Length || path[segments.Length] == '/'))
                return rule;
        }

        return null;
    }

    /// <summary><c>/disk/</c> and <c>/disk</c> are the same segments.</summary>
    private static ReadOnlySpan<char> Segments(CompiledRule rule) => rule.Path.AsSpan().TrimEnd('/');

    private static CompiledRule Compile(AccessRule rule)
    {
        var readable = rule.Prefix.Length == 0 || PathReading.TryRead(rule.Prefix, out _);
        var path = rule.Prefix;
        if (readable && path.Length > 0)
            _ = PathReading.TryRead(rule.Prefix, out path);

        return new(rule, readable && !rule.Prefix.Contains('?', StringComparison.Ordinal) ? path : null,
            [
                .. rule.Headers.Where(header => HeaderTemplate.MayBeSent(header.Key))
                    .Select(header => KeyValuePair.Create(header.Key, HeaderTemplate.Compile(header.Value))),
            ]);
    }
}
