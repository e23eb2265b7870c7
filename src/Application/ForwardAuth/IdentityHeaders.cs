using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Application.ForwardAuth;

/// <param name="Template">Null for an empty value, which replaces one of the client under this name.</param>
public readonly record struct IdentityHeader(string Name, HeaderTemplate? Template);

/// <summary>
/// The headers that an app gets with a granted request: the three that identify the client, and every name that any app of the Portal uses. They are
/// computed once for each set of apps.
/// </summary>
public sealed class IdentityHeaders
{
    /// <summary>
    /// The headers of a verdict beside the identity headers. They are the client's own, without the secrets that only the owner and the core share, and
    /// empty if nothing is left.
    /// </summary>
    public static readonly ImmutableArray<string> FromRequest = ["Cookie", "Authorization", "Content-Digest"];

    private static readonly ConditionalWeakTable<ImmutableDictionary<string, App>, IdentityHeaders> Known = [];

    private static readonly IdentityHeader[] Identity =
    [
        new("X-Ptl-Client-Type", HeaderTemplate.Compile("{{ auth.client_type }}")),
        new("X-Ptl-Client-Id", HeaderTemplate.Compile("{{ auth.client_id }}")),
        new("X-Ptl-Client-Name", HeaderTemplate.Compile("{{ auth.client_name }}")),
    ];

    private readonly IdentityHeader[] names;
    private readonly TemplateValues portal;
    private readonly ConcurrentDictionary<CompiledRule, IdentityHeader[]> byRule = new(ReferenceEqualityComparer.Instance);

    private IdentityHeaders(PortalSnapshot snapshot)
    {
        var row = snapshot.Portal;
        portal = new TemplateValues("", "", "", row.Id.Value, row.Id.Short.Value, row.Domain, row.Key.Pem);
        names =
        [
            .. Identity,
            .. snapshot.Apps.Values.SelectMany(app => app.Rules.All).SelectMany(rule => rule.Headers).Select(header => header.Key)
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Where(name => !Array.Exists(Identity, own => own.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                .Order(StringComparer.OrdinalIgnoreCase)
                .Select(name => new IdentityHeader(name, null)),
        ];
    }

    /// <summary>
    /// The name of every identity header (<c>X-Ptl-*</c>), each once. Every proxy configuration is made from this list and
    /// <see cref="FromRequest"/>.
    /// </summary>
    public IEnumerable<string> Names => names.Select(header => header.Name);

    public static IdentityHeaders Of(PortalSnapshot portal) => Known.GetValue(portal.Apps, _ => new IdentityHeaders(portal));

    /// <summary>The headers for a rule. The names are the same for every rule; a rule's own template takes precedence over ours.</summary>
    public ReadOnlySpan<IdentityHeader> For(CompiledRule rule) =>
        byRule.TryGetValue(rule, out var ready) ? ready : byRule.GetOrAdd(rule, [.. names.Select(header => Own(rule, header))]);

    public TemplateValues Values(Client client) =>
        portal with { ClientType = client.Type, ClientId = client.Id, ClientName = client.Name };

    private static IdentityHeader Own(CompiledRule rule, IdentityHeader header)
    {
        var own = rule.Headers.FirstOrDefault(candidate => candidate.Key.Equals(header.Name, StringComparison.OrdinalIgnoreCase)).Value;
        return own is null ? header : header with { Template = own };
    }
}
