using MediatR;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.ForwardAuth;

/// <param name="Reading">One of the ways to read the path.</param>
/// <param name="Rule">The prefix of the rule that covers it, or null if none does.</param>
public sealed record ExplainedReading(string Reading, string? Rule, Access? Access);

/// <param name="Status">The status of the response of forward-auth.</param>
/// <param name="Rule">The prefix of the rule that decides, or null if there is none.</param>
/// <param name="Reason">A sentence for the owner.</param>
/// <param name="Headers">The headers that the app would get; empty unless granted.</param>
public sealed record AccessExplanation(
    int Status, string? Rule, Access? Access, string Reason, IReadOnlyList<ExplainedReading> Readings, IReadOnlyDictionary<string, string> Headers);

/// <summary>Explains how forward-auth would decide a <c>GET</c>.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="As"><c>anonymous</c>, <c>device</c> or <c>peer:{id}</c>.</param>
/// <param name="Device">The device that <paramref name="As"/> refers to by <c>device</c>.</param>
public sealed record ExplainAccess(PortalId Portal, string App, string Target, string As, string Device) : IRequest<AccessExplanation>
{
    internal sealed class Handler(IPortalSnapshots snapshots, TimeProvider clock) : IRequestHandler<ExplainAccess, AccessExplanation>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>request_invalid</c>; <c>id_malformed</c>; <c>peer_unknown</c></exception>
        public Task<AccessExplanation> Handle(ExplainAccess c, CancellationToken ct)
        {
            if (snapshots.Find(c.Portal) is not { } portal || !portal.Apps.TryGetValue(c.App, out var app))
                throw Domain.Apps.App.Unknown(c.App);

            return Task.FromResult(Explain(c, portal, app, PathReading.TryRead(c.Target, out var path) ? path : null));
        }

        private AccessExplanation Explain(ExplainAccess c, PortalSnapshot portal, App app, string? path)
        {
            var (asked, note) = Caller(c, ref portal, app, clock.GetUtcNow());
            var verdict = AccessPolicy.Decide(portal, asked with { Target = c.Target, Path = path }, clock.GetUtcNow());
            var (status, reason) = Words(verdict);
            var handed = IdentityHeaders.Of(portal);
            var headers = new Dictionary<string, string>();
            if (verdict.Ruling == Ruling.Granted)
            {
                foreach (var header in handed.For(verdict.Rule!))
                    headers[header.Name] = header.Template?.Render(handed.Values(verdict.Client)) ?? "";
            }

            return new(status, verdict.Rule?.Rule.Prefix, verdict.Rule?.Access, note + reason,
                path is null ? [] : [.. app.Rules.Explain(c.Target, path).Select(Explained)], headers);
        }

        private static (AccessRequest Request, string Note) Caller(ExplainAccess c, ref PortalSnapshot portal, App app, DateTimeOffset now)
        {
            var request = new AccessRequest(c.App, "", "", MayChange: false, FromOwnPage: false, IsNavigation: false, null, null, null);
            if (c.As == "anonymous")
                return (request, "");
            if (c.As == "device")
            {
                var session = Token.Create();
                var credential = new Credential(CredentialKind.AppSession, c.Device, c.App, now + TimeSpan.FromMinutes(1));
                portal = portal with { Credentials = portal.Credentials.Add(TokenHash.Of(session), credential) };
                return (request with { BearerSession = session }, "");
            }

            if (!c.As.StartsWith("peer:", StringComparison.Ordinal))
                throw new RefusedException(RefusalKind.Invalid, "request_invalid", "as is one of anonymous, device, peer:{id}.");

            var typed = TypedPortalId.Parse(c.As[5..]);
            if (!portal.Peers.TryGetValue(typed.Short, out var peer) || !peer.Listed || !peer.MayBe(typed))
                throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "No peer has this ID.");
            if (peer is { IsMutual: true, Key: { } key } && app.Shows(peer))
                return (request with { Signer = new Signer(key.Id, key, peer.Original) }, "");

            return (request, peer.IsMutual
                ? "The app may not see this peer, so it counts as a stranger. "
                : "This peer is not mutual, so it counts as a stranger. ");
        }

        private static ExplainedReading Explained(RuleReading reading) => new(reading.Name, reading.Rule?.Rule.Prefix, reading.Rule?.Access);

        private static (int Status, string Reason) Words(in AccessVerdict verdict) => verdict.Ruling switch
        {
            Ruling.Granted => (200, $"The rule \"{verdict.Rule!.Rule.Prefix}\" lets {Who(verdict.Rule.Access)} in."),
            Ruling.NotAuthenticated => (401, $"The rule \"{verdict.Rule!.Rule.Prefix}\" lets only {Who(verdict.Rule.Access)} in."),
            Ruling.Forbidden => (403, $"The rule \"{verdict.Rule!.Rule.Prefix}\" lets only {Who(verdict.Rule.Access)} in, and this is somebody else."),
            Ruling.PathAmbiguous => (400, "The path can be read in ways that fall under different rules, so nobody is let through."),
            _ => (404, "No rule covers this path in every way of reading it."),
        };

        private static string Who(Access access) => access switch
        {
            Access.Public => "everybody",
            Access.Peer => "peers",
            _ => "the owner's devices",
        };
    }
}
