namespace PeerRegistry.Domain.Apps;

/// <summary>Warns of what a description may contain but probably does not intend.</summary>
public static class AppMetaLinter
{
    public static IEnumerable<string> Warnings(AppMeta meta)
    {
        var rules = AccessRules.Compile(meta).All;
        if (!rules.Any(rule => rule.Rule.Prefix.Length == 0))
            yield return "$.paths: there is no default rule \"\"; a path that no rule covers is answered with 404 for everybody.";

        foreach (var rule in rules)
        {
            foreach (var warning in Warnings(rule, rules))
                yield return $"$.paths[\"{rule.Rule.Prefix}\"]: {warning}";
        }

        if (meta.Webhook is { } webhook && AccessRules.Compile(meta).FindRule(webhook, webhook)?.Access is Access.Public or Access.Peer)
            yield return "$.webhook: others may reach this path, too, so the signature alone tells which requests are the core's. A private path is enough.";
    }

    private static IEnumerable<string> Warnings(CompiledRule rule, IReadOnlyList<CompiledRule> rules)
    {
        if (rule.Path is null)
            yield return "this rule can never match: a path begins with a slash, has no query and no dot, empty or doubly encoded segments.";
        else if (rules.FirstOrDefault(other => other != rule && other.Path == rule.Path && other.Access > rule.Access) is { } shadow)
            yield return $"this rule can never match: \"{shadow.Rule.Prefix}\" covers the same path and is stricter.";

        if (rule is { Access: Access.Public, Path.Length: > 0 } && rules.FirstOrDefault(other => Encloses(other, rule)) is { } outer)
            yield return $"this public rule lies inside the private \"{outer.Rule.Prefix}\"; is that meant?";

        if (rule.Access == Access.Peer && !rule.Headers.Any(header => header.Value.NamesTheClient))
            yield return "peers may call this path, but no header names {{ auth.client_id }}; on an original core the app could not tell who calls.";

        foreach (var header in rule.Rule.Headers.Keys.Where(name => !HeaderTemplate.MayBeSent(name)))
            yield return $"header {header} is never sent; only names of letters, digits and dashes that begin with X-Ptl- are, but for X-Ptl-Proxy-Secret.";
    }

    private static bool Encloses(CompiledRule outer, CompiledRule inner) =>
        outer is { Access: Access.Private, Path: ['/', _, ..] path } && inner.Path!.Length > path.Length
        && inner.Path.StartsWith(path, StringComparison.Ordinal);
}
