using System.Globalization;
using System.Text.Json;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <param name="Warnings">One sentence each, with the place and what may not work as intended.</param>
public sealed record ReadAppMeta(AppMeta Meta, IReadOnlyList<string> Warnings);

/// <summary>
/// Reads <c>app_meta.json</c> of versions 1.0 to 1.3 and converts it to the newest, like the original core: 1.1 added <c>pretty_name</c>
/// (derived from the name if 1.0 has none), 1.2 added two addresses, and 1.3 put <c>idle_for_pause</c> in the place of <c>idle_time_for_shutdown</c>.
/// </summary>
public sealed class AppMetaParser
{
    public const int MaxBytes = 1 << 20;
    private const int MaxRules = 500;
    private const int MaxPermissions = 50;
    private static readonly string[] Versions = ["1.0", "1.1", "1.2", "1.3"];
    private static readonly string[] Sizes = ["xs", "s", "m", "l", "xl"];
    private static readonly string[] Known =
    [
        "v", "app_version", "name", "pretty_name", "icon", "homepage", "upstream_repo", "entrypoints", "paths", "lifecycle",
        "minimum_portal_size", "permissions", "store_info", "webhook", "$schema",
    ];

    private readonly Func<JsonNode, string> where;
    private readonly List<string> warnings = [];

    private AppMetaParser(Func<JsonNode, string> where) => this.where = where;

    /// <exception cref="RefusedException"><c>app_meta_invalid</c>. The message has the path, line and column, and what was expected there.</exception>
    public static ReadAppMeta Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes)
            throw new RefusedException(RefusalKind.TooLarge, "body_too_large", "An app's description has at most 1 MiB.");

        var (root, where) = JsonTree.Read(json);
        var parser = new AppMetaParser(where);
        var meta = parser.Meta(root);
        return new(meta, [.. parser.warnings, .. AppMetaLinter.Warnings(meta)]);
    }

    private AppMeta Meta(JsonNode root)
    {
        Expect(root, JsonTokenType.StartObject, "an object");
        var version = OneOf(Required(root, "v"), Versions);
        var name = Text(Required(root, "name"));
        if (!AppName.IsValid(name))
            throw Fault(root["name"]!, AppName.Form);

        var paths = Required(root, "paths");
        foreach (var (member, node) in root.Members.Where(m => !Known.Contains(m.Key)))
            warnings.Add($"{node.Path}: nobody reads this member.");

        return new AppMeta(name, PrettyName(root, version, name), Rules(paths))
        {
            AppVersion = Expected(root, "app_version"),
            Icon = Expected(root, "icon"),
            Homepage = Optional(root, "homepage"),
            UpstreamRepo = Optional(root, "upstream_repo"),
            Entrypoints = Entrypoints(root),
            Lifecycle = root["lifecycle"] is { Kind: not JsonTokenType.Null } lifecycle ? Lifecycle(lifecycle, version) : null,
            MinimumPortalSize = root["minimum_portal_size"] is { } size ? OneOf(size, Sizes) : "xs",
            Webhook = Webhook(root),
            Permissions = root["permissions"] is { Kind: not JsonTokenType.Null } permissions ? Permissions(permissions) : [],
        };
    }

    private string PrettyName(JsonNode root, string version, string name)
    {
        if (root["pretty_name"] is { } given)
            return DisplayName.IsValid(Text(given)) ? Text(given) : throw Fault(given, "a name of 1 to 100 visible characters on one line");
        return version == "1.0" ? Title(name) : throw Fault(Required(root, "v"), $"version {version} to come with pretty_name");
    }

    /// <summary>Capitalizes every letter that does not follow another letter, like Python's <c>str.title</c>.</summary>
    private static string Title(string name) =>
        string.Create(name.Length, name, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = i > 0 && char.IsAsciiLetter(from[i - 1]) ? from[i] : char.ToUpperInvariant(from[i]);
        });

    private List<AccessRule> Rules(JsonNode paths)
    {
        Expect(paths, JsonTokenType.StartObject, "an object of path prefixes");
        if (paths.Members.Count is 0 or > MaxRules)
            throw Fault(paths, $"1 to {MaxRules} path prefixes");

        return [.. paths.Members.Select(member => Rule(member.Key, member.Value))];
    }

    private AccessRule Rule(string prefix, JsonNode node)
    {
        Expect(node, JsonTokenType.StartObject, "an object with access");
        var readable = PathReading.TryRead(prefix, out var path) ? path : prefix;
        if (AccessRules.IsReserved(readable) || AccessRules.IsReserved(prefix))
            throw Fault(node, $"no rule under {AccessRules.ReservedPath}, which belongs to the core");

        var access = OneOf(Required(node, "access"), ["public", "peer", "private"]) switch
        {
            "public" => Access.Public,
            "peer" => Access.Peer,
            _ => Access.Private,
        };
        foreach (var (member, unread) in node.Members.Where(m => m.Key is not ("access" or "headers")))
            warnings.Add($"{unread.Path}: nobody reads this member.");

        var headers = node["headers"] is { Kind: not JsonTokenType.Null } given ? Headers(given) : [];
        return new AccessRule(prefix, access, headers);
    }

    private Dictionary<string, string> Headers(JsonNode node)
    {
        Expect(node, JsonTokenType.StartObject, "an object of header names and templates");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in node.Members)
        {
            if (name.Length is 0 or > 100 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)))
                throw Fault(value, "a header name of letters, digits and dashes");
            if (!headers.TryAdd(name, Text(value)))
                throw Fault(value, "each header once, whatever its case");
            Check(value);
        }

        return headers;
    }

    private void Check(JsonNode template)
    {
        try
        {
            foreach (var name in HeaderTemplate.Compile(template.Text).UnknownNames)
                warnings.Add($"{template.Path}: {name} is not a known value, so it renders as an empty text.");
        }
        catch (RefusedException e)
        {
            throw AppMeta.Refuse($"{template.Path}, {where(template)}: {e.Message}.");
        }
    }

    private List<Entrypoint> Entrypoints(JsonNode root)
    {
        if (root["entrypoints"] is not { } list)
        {
            warnings.Add("$: entrypoints is missing, so no proxy configuration can be made and no container belongs to the app.");
            return [];
        }

        Expect(list, JsonTokenType.StartArray, "a list of entrypoints");
        return [.. list.Items.Select(Entrypoint)];
    }

    private Entrypoint Entrypoint(JsonNode node)
    {
        Expect(node, JsonTokenType.StartObject, "an object with container_name, container_port and entrypoint_port");
        var container = Text(Required(node, "container_name"));
        if (!ContainerName.IsValid(container))
            throw Fault(node["container_name"]!, ContainerName.Form);

        var port = Number(Required(node, "container_port"), 1, 65535);
        return new Entrypoint(container, port, OneOf(Required(node, "entrypoint_port"), ["http", "mqtt"]));
    }

    private List<AppPermission> Permissions(JsonNode list)
    {
        Expect(list, JsonTokenType.StartArray, "a list of permissions");
        if (list.Items.Count > MaxPermissions)
            throw Fault(list, $"at most {MaxPermissions} permissions");

        var requested = new SortedSet<AppPermission>();
        foreach (var item in list.Items)
        {
            if (AppPermissions.TryParse(Text(item), out var permission))
                requested.Add(permission);
            else
                warnings.Add($"{item.Path}: {item.Found} is not a known permission, so it is never granted.");
        }

        return [.. requested];
    }

    private Lifecycle Lifecycle(JsonNode node, string version)
    {
        Expect(node, JsonTokenType.StartObject, "an object");
        var (always, skip) = (Flag(node, "always_on"), Flag(node, "skip_pause"));
        var old = version != "1.3";
        var (pause, stop) = old
            ? (Seconds(always ? null : node["idle_time_for_shutdown"]) ?? Seconds(node["idle_for_pause"]), null)
            : (Seconds(node["idle_for_pause"]), Seconds(node["idle_for_stop"]));
        if (always && (skip || pause is not null || stop is not null))
            throw Fault(node, "nothing beside always_on when it is true");
        if (skip && pause is not null)
            throw Fault(node, "skip_pause or idle_for_pause, not both");
        if (pause >= stop)
            throw Fault(node, "idle_for_pause to be less than idle_for_stop");

        return new Lifecycle(always, skip, pause, stop);
    }

    private int? Seconds(JsonNode? node) => node is { Kind: not JsonTokenType.Null } given ? Number(given, 5, int.MaxValue) : null;

    private string? Webhook(JsonNode root) => Optional(root, "webhook") switch
    {
        null => null,
        var path when WebhookPath.IsValid(path) => path,
        _ => throw Fault(root["webhook"]!, WebhookPath.Form),
    };

    private string? Expected(JsonNode root, string member)
    {
        if (root[member] is null)
            warnings.Add($"$: {member} is missing; the original core refuses such a description.");
        return Optional(root, member);
    }

    private string? Optional(JsonNode node, string member) => node[member] is { Kind: not JsonTokenType.Null } text ? Text(text) : null;

    private JsonNode Required(JsonNode node, string member) =>
        node[member] ?? throw AppMeta.Refuse($"{node.Path}, {where(node)}: {member} is missing.");

    private bool Flag(JsonNode node, string member) => node[member]?.Kind switch
    {
        null or JsonTokenType.False => false,
        JsonTokenType.True => true,
        _ => throw Fault(node[member]!, "true or false"),
    };

    private string Text(JsonNode node)
    {
        Expect(node, JsonTokenType.String, "a string");
        return node.Text;
    }

    private int Number(JsonNode node, int least, int most) =>
        node.Kind == JsonTokenType.Number && int.TryParse(node.Text, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Fault(node, most == int.MaxValue ? $"a whole number from {least} up" : $"a whole number from {least} to {most}");

    private string OneOf(JsonNode node, string[] allowed) =>
        allowed.Contains(Text(node)) ? node.Text : throw Fault(node, $"one of {string.Join(", ", allowed)}");

    private void Expect(JsonNode node, JsonTokenType kind, string what)
    {
        if (node.Kind != kind)
            throw Fault(node, what);
    }

    private RefusedException Fault(JsonNode node, string expected) =>
        AppMeta.Refuse($"{node.Path}, {where(node)}: expected {expected}; found {node.Found}.");
}
