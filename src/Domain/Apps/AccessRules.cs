namespace PeerRegistry.Domain.Apps;

/// <summary>Which rule one way of reading finds for a path.</summary>
/// <param name="Rule">Null if no rule covers the path.</param>
public sealed record RuleReading(string Name, CompiledRule? Rule);

/// <summary>A rule made ready for judging.</summary>
/// <param name="Path">The prefix decoded; null if no unambiguous path can match it.</param>
/// <param name="Headers">Only those that may be sent: <c>X-Ptl-*</c>.</param>
public sealed record CompiledRule(AccessRule Rule, string? Path, IReadOnlyList<KeyValuePair<string, HeaderTemplate>> Headers)
{
    public Access Access => Rule.Access;

    /// <summary>The path without slashes at its end: <c>/disk/</c> and <c>/disk</c> are the same segments.</summary>
    internal string? Segments { get; } = Path?.TrimEnd('/');

    /// <summary><see cref="Path"/> for comparing without regard to case.</summary>
    internal string? FoldedPath { get; } = Path is null ? null : CaseFold.Of(Path);

    internal string? FoldedSegments { get; } = Path is null ? null : CaseFold.Of(Path.TrimEnd('/'));

    /// <summary>Whether both rules let the same callers in and hand the app the same headers.</summary>
    internal bool Grants(CompiledRule other) =>
        Access == other.Access && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Rule.Headers.TryGetValue(header.Key, out var template) && template == Rule.Headers[header.Key]);
}

/// <summary>
/// The rules of one app. A path is read in several ways: by the longest prefix of the decoded path; by whole segments of it; by both
/// of these without regard to case, as many frameworks route; and, as the original core reads it, by the longest prefix of the
/// target as it came. Where they disagree, the strictest wins, and no rule is stricter than any (ADR 0010).
/// </summary>
public sealed class AccessRules
{
    public const string ReservedPath = "/.portal";

    private readonly CompiledRule[] byWrittenLength;
    private readonly CompiledRule[] byLength;
    private readonly bool plain;
    private readonly Access strictest;

    private AccessRules(IReadOnlyList<CompiledRule> rules)
    {
        All = rules;
        plain = rules.All(rule => rule.Path == rule.Rule.Prefix);
        strictest = rules.Select(rule => rule.Access).DefaultIfEmpty().Max();
        byWrittenLength = [.. rules.OrderByDescending(rule => rule.Rule.Prefix.Length).ThenByDescending(rule => rule.Access)];
        byLength =
        [
            .. rules.Where(rule => rule.Path is not null).OrderByDescending(rule => rule.Segments!.Length).ThenByDescending(rule => rule.Access),
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
    /// <returns>Null if the app has nothing there.</returns>
    public CompiledRule? FindRule(string target, string path)
    {
        var judged = Stricter(ByPrefix(path), BySegments(path));
        if (judged is not null && judged.Access != strictest)
            judged = Stricter(judged, InAnyCase(path));
        return plain && ReferenceEquals(target, path) ? judged : Stricter(judged, AsWritten(target));
    }

    /// <summary>
    /// Judges a target that <see cref="PathReading"/> refuses, because its path can be read in several ways: it may pass as it is where all
    /// of them fall under the same access with the same headers. Every rule counts that some reader may find; those are left out that
    /// are always hidden by a longer one.
    /// </summary>
    /// <returns>Null if the readings differ, if one of them is not covered or is the core's own, or if the path is malformed.</returns>
    public CompiledRule? FindRuleOfEveryReading(string target)
    {
        if (PathSpots.Read(target) is not { } path || path.Decoded.Contains(ReservedPath, StringComparison.OrdinalIgnoreCase))
            return null;
        if (Array.Find(byLength, rule => path.MayLeadAnywhere ? rule.Path!.Length == 0 : Covers(rule, path.Certain)) is not { } certain)
            return null;

        IEnumerable<CompiledRule?> found = path.MayLeadAnywhere
            ? All
            : byLength.TakeWhile(rule => rule.Segments!.Length >= certain.Segments!.Length).Where(rule => path.MayBeginWith(rule.FoldedSegments!));
        return found.Append(AsWritten(target)).All(rule => rule is not null && rule.Grants(certain)) ? certain : null;
    }

    /// <summary>All readings apart, for the owner who asks why.</summary>
    public IReadOnlyList<RuleReading> Explain(string target, string path) =>
    [
        new("prefix", ByPrefix(path)), new("segments", BySegments(path)), new("any_case", InAnyCase(path)), new("as_written", AsWritten(target)),
    ];

    private static CompiledRule? Stricter(CompiledRule? one, CompiledRule? other) =>
        one is null || other is null ? null : other.Access > one.Access ? other : one;

    /// <summary>Whether every path that begins so is covered, by its characters and by its segments.</summary>
    private static bool Covers(CompiledRule rule, string beginning) =>
        beginning.StartsWith(rule.Path!, StringComparison.Ordinal) && beginning.Length > rule.Segments!.Length && beginning[rule.Segments.Length] == '/';

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
            if (path.StartsWith(rule.Segments!, StringComparison.Ordinal) && (path.Length == rule.Segments!.Length || path[rule.Segments.Length] == '/'))
                return rule;
        }

        return null;
    }

    private CompiledRule? InAnyCase(string path)
    {
        var folded = CaseFold.Of(path);
        CompiledRule? byPrefix = null, bySegments = null;
        foreach (var rule in byLength)
        {
            if (!folded.StartsWith(rule.FoldedSegments!, StringComparison.OrdinalIgnoreCase))
                continue;
            if (bySegments is null && (folded.Length == rule.FoldedSegments!.Length || folded[rule.FoldedSegments.Length] == '/'))
                bySegments = rule;
            if ((byPrefix is null || Longer(rule, byPrefix)) && folded.StartsWith(rule.FoldedPath!, StringComparison.OrdinalIgnoreCase))
                byPrefix = rule;
        }

        return Stricter(byPrefix, bySegments);
    }

    /// <summary>Of two rules that differ in case only, the stricter one goes first.</summary>
    private static bool Longer(CompiledRule rule, CompiledRule than) =>
        rule.Path!.Length > than.Path!.Length || (rule.Path.Length == than.Path.Length && rule.Access > than.Access);

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
