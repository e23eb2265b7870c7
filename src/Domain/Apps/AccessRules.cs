namespace PeerRegistry.Domain.Apps;

/// <summary>The rule that one way of reading finds for a path.</summary>
/// <param name="Rule">The rule, or null if no rule covers the path.</param>
public sealed record RuleReading(string Name, CompiledRule? Rule);

/// <summary>An access rule with its path decoded and its templates compiled.</summary>
/// <param name="Path">The decoded prefix, or null if no unambiguous path can match it.</param>
/// <param name="Headers">The headers that may be sent to the app, which all begin with <c>X-Ptl-</c>.</param>
public sealed record CompiledRule(AccessRule Rule, string? Path, IReadOnlyList<KeyValuePair<string, HeaderTemplate>> Headers)
{
    public Access Access => Rule.Access;

    /// <summary>The path without slashes at its end: <c>/disk/</c> and <c>/disk</c> are the same segments.</summary>
    internal string? Segments { get; } = Path?.TrimEnd('/');

    /// <summary><see cref="Path"/> for comparing without regard to case.</summary>
    internal string? FoldedPath { get; } = Path is null ? null : CaseFold.Of(Path);

    internal string? FoldedSegments { get; } = Path is null ? null : CaseFold.Of(Path.TrimEnd('/'));

    /// <summary>Whether both rules admit the same callers and send the app the same headers.</summary>
    internal bool Grants(CompiledRule other) =>
        Access == other.Access && Headers.Count == other.Headers.Count
        && Headers.All(header => other.Rule.Headers.TryGetValue(header.Key, out var template) && template == Rule.Headers[header.Key]);
}

/// <summary>
/// The access rules of one app. A path is matched in several ways: by the longest prefix of the decoded path; by whole segments of it; by
/// both of these ignoring case, as many frameworks route; and, like the original core, by the longest prefix of the raw target. If the
/// matches differ, the strictest rule wins; if one of them finds no rule, the result is no rule (ADR 0010).
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

    /// <summary>Whether the core serves this path itself, on the host of every app.</summary>
    /// <param name="path">The decoded path.</param>
    public static bool IsReserved(string path) =>
        path.StartsWith(ReservedPath, StringComparison.OrdinalIgnoreCase) && (path.Length == ReservedPath.Length || path[ReservedPath.Length] == '/');

    /// <param name="target">The raw request target, including the query.</param>
    /// <param name="path">The path that <see cref="PathReading"/> decodes from it.</param>
    /// <returns>The rule that decides, or null if no rule covers the path.</returns>
    public CompiledRule? FindRule(string target, string path)
    {
        var judged = Stricter(ByPrefix(path), BySegments(path));
        if (judged is not null && judged.Access != strictest)
            judged = Stricter(judged, InAnyCase(path));
        return plain && ReferenceEquals(target, path) ? judged : Stricter(judged, AsWritten(target));
    }

    /// <summary>
    /// Finds the rule for a target that <see cref="PathReading"/> refuses because its path can be read in several ways. The target may pass if
    /// every reading has the same access and the same headers. All rules that any reader may find are compared, except those that a longer
    /// rule always hides.
    /// </summary>
    /// <returns>The rule, or null if the readings differ, if one of them has no rule or is reserved, or if the path is malformed.</returns>
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

    /// <summary>The rule that each way of reading finds, to show the owner why a request is let through or not.</summary>
    public IReadOnlyList<RuleReading> Explain(string target, string path) =>
    [
        new("prefix", ByPrefix(path)), new("segments", BySegments(path)), new("any_case", InAnyCase(path)), new("as_written", AsWritten(target)),
    ];

    private static CompiledRule? Stricter(CompiledRule? one, CompiledRule? other) =>
        one is null || other is null ? null : other.Access > one.Access ? other : one;

    /// <summary>Whether the rule covers every path with this beginning, both by prefix and by segments.</summary>
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

    /// <summary>Whether the rule's path is longer, or of the same length with a stricter access, as for two rules that differ in case only.</summary>
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
