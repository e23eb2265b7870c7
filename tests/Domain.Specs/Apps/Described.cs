using System.Text.Json;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Domain.Specs.Apps;

internal static class Described
{
    public static AccessRules Rules(params (string Prefix, string Access)[] rules) => AccessRules.Compile(Meta(rules));

    public static AppMeta Meta(params (string Prefix, string Access)[] rules) => Parse(new
    {
        v = "1.0",
        name = "notes",
        paths = rules.ToDictionary(rule => rule.Prefix, rule => new { access = rule.Access }),
    }).Meta;

    public static ReadAppMeta Parse(object description) => AppMetaParser.Parse(JsonSerializer.SerializeToUtf8Bytes(description));

    /// <returns>The access judged; <c>none</c> if no rule covers the path, <c>ambiguous</c> if its readings fall under different rules.</returns>
    public static string FindRule(this AccessRules rules, string target) => PathReading.TryRead(target, out var path)
        ? rules.FindRule(target, path) is { } rule ? Word(rule.Access) : "none"
        : rules.FindRuleOfEveryReading(target) is { } common ? Word(common.Access) : "ambiguous";

    public static string Word(Access access) => access switch { Access.Public => "public", Access.Peer => "peer", _ => "private" };
}
