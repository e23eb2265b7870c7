using System.Globalization;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>What has to be so for others to reach a Portal, in the order in which it is tested.</summary>
public enum ReachSubject
{
    /// <summary>The Portal's name has an address.</summary>
    Name,

    /// <summary>So have the names of its apps.</summary>
    AppNames,

    /// <summary>A connection with a valid certificate can be made.</summary>
    Connection,

    /// <summary>What answers there is this Portal.</summary>
    Core,

    /// <summary>The request arrived as it was sent, with what a proxy has to add.</summary>
    Headers,

    /// <summary>A request for the host of an app arrives as well.</summary>
    Apps,

    /// <summary>The clock agrees with those of peers.</summary>
    Clock,
}

public enum ReachState
{
    Good,

    /// <summary>It works, but not for everybody or not as it should.</summary>
    Doubtful,

    Bad,

    /// <summary>There was nothing to test it with, or an earlier step failed.</summary>
    Untested,
}

/// <param name="Code">A stable code in snake case that says what was found.</param>
/// <param name="Facts">What was seen, such as addresses; it stands in the sentence.</param>
public sealed record ReachStep(ReachSubject Subject, ReachState State, string Code, IReadOnlyList<string> Facts);

/// <param name="Address">The Portal's own host, with its port if that is not 443.</param>
/// <param name="App">The app whose host was asked, or null if none is registered.</param>
public sealed record ReachReport(DateTimeOffset At, string Address, string? App, IReadOnlyList<ReachStep> Steps);

/// <summary>
/// Asks the Portal's own names as a stranger would, from this machine. Nothing else is ever asked: no name, address or port comes from a request.
/// </summary>
public sealed record CheckReach(PortalId Portal) : IRequest<ReachReport>
{
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    internal sealed class Handler(
        IPortalSnapshots snapshots, IOwnNames names, IReachArrivals arrivals, ReachReports reports, IPeerClocks clocks, RegistryOptions options,
        TimeProvider clock) : IRequestHandler<CheckReach, ReachReport>
    {
        private const string Asking = "/core/public/meta/whoareyou?challenge=";
        private static readonly TimeSpan TolerableOffset = TimeSpan.FromSeconds(5);

        public async Task<ReachReport> Handle(CheckReach c, CancellationToken ct)
        {
            var portal = snapshots.Find(c.Portal) ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "There is no such Portal here.");
            using var turn = reports.Begin(c.Portal, clock.GetUtcNow());
            var (domain, app) = (portal.Portal.Domain, portal.Apps.Keys.Order(StringComparer.Ordinal).FirstOrDefault());
            var report = new ReachReport(clock.GetUtcNow(), Authority(domain), app, []);
            if (domain.EndsWith(".localhost", StringComparison.Ordinal) && !names.IsFixed(domain))
            {
                ReachStep local = new(ReachSubject.Name, ReachState.Bad, "name_local", [domain]);
                return reports.Keep(
                    c.Portal, report with { Steps = [local, .. Untested(ReachSubject.AppNames, ReachSubject.Clock), Clock(c.Portal)] });
            }

            var name = await Name(ReachSubject.Name, domain, ct);
            List<ReachStep> steps = [name, await Name(ReachSubject.AppNames, $"{app ?? "app"}.{domain}", ct)];
            steps.AddRange(name.State == ReachState.Bad ? Untested(ReachSubject.Connection, ReachSubject.Apps) : await Connect(domain, ct));
            steps.Add(steps[1].State != ReachState.Bad && steps[2].State == ReachState.Good
                ? await Apps(app, domain, ct)
                : new(ReachSubject.Apps, ReachState.Untested, "not_tested", []));
            steps.Add(Clock(c.Portal));
            return reports.Keep(c.Portal, report with { Steps = steps });
        }

        private async Task<ReachStep> Name(ReachSubject subject, string host, CancellationToken ct)
        {
            var found = await names.Resolve(host, ct);
            string[] facts = [host, string.Join(", ", found.Select(each => each.Address))];
            return found switch
            {
                [] => new(subject, ReachState.Bad, "name_unresolved", facts),
                _ when names.IsFixed(host) => new(subject, ReachState.Doubtful, "name_fixed", facts),
                _ when found.All(each => each.IsPublic) => new(subject, ReachState.Good, "name_resolved", facts),
                _ => new(subject, ReachState.Doubtful, "address_private", facts),
            };
        }

        /// <summary>One request answers three steps: whether a connection can be made, whether it leads here, and how it arrives.</summary>
        private async Task<IReadOnlyList<ReachStep>> Connect(string domain, CancellationToken ct)
        {
            using var probe = arrivals.Open();
            try
            {
                var status = await names.Ask(domain, options.Portal.PublicPort, Asking + probe.Nonce, ct);
                ReachStep connected = new(ReachSubject.Connection, ReachState.Good, "connected", []);
                if (probe.Arrival is { } arrival)
                    return [connected, new(ReachSubject.Core, ReachState.Good, "core_answers", []), Headers(arrival, domain)];

                ReachStep other = new(ReachSubject.Core, ReachState.Bad, "not_this_portal", [Text(status)]);
                return [connected, other, .. Untested(ReachSubject.Headers, ReachSubject.Apps)];
            }
            catch (RefusedException refused)
            {
                ReachStep failed = new(ReachSubject.Connection, ReachState.Bad, refused.Code, []);
                return [failed, .. Untested(ReachSubject.Core, ReachSubject.Apps)];
            }
        }

        private ReachStep Headers(ReachArrival arrival, string host)
        {
            var expected = Authority(host);
            return arrival switch
            {
                _ when !arrival.Host.Equals(expected, StringComparison.OrdinalIgnoreCase) =>
                    new(ReachSubject.Headers, ReachState.Bad, "host_changed", [arrival.Host, expected]),
                { ByItself: true } => new(ReachSubject.Headers, ReachState.Good, "no_proxy", []),
                { HasCaller: true, IsTrusted: false, TrustsNobody: false } =>
                    new(ReachSubject.Headers, ReachState.Doubtful, "proxy_not_trusted", [arrival.From]),
                { HasCaller: false, TrustsNobody: false } =>
                    new(ReachSubject.Headers, ReachState.Doubtful, "caller_missing", [arrival.From]),
                _ => new(ReachSubject.Headers, ReachState.Good, "headers_arrive", []),
            };
        }

        private async Task<ReachStep> Apps(string? app, string domain, CancellationToken ct)
        {
            if (app is null)
                return new(ReachSubject.Apps, ReachState.Untested, "no_app", []);

            var host = $"{app}.{domain}";
            using var probe = arrivals.Open();
            try
            {
                var status = await names.Ask(host, options.Portal.PublicPort, $"/.well-known/portal-check/{probe.Nonce}", ct);
                return probe.Arrival switch
                {
                    null => new(ReachSubject.Apps, ReachState.Bad, "app_not_passed_on", [host, Text(status)]),
                    { Asked: false } => new(ReachSubject.Apps, ReachState.Good, "gateway_answers", [host]),
                    { NamesHost: false } => new(ReachSubject.Apps, ReachState.Doubtful, "proxy_outdated", [host]),
                    _ => new(ReachSubject.Apps, ReachState.Good, "proxy_asks", [host]),
                };
            }
            catch (RefusedException refused)
            {
                return new(ReachSubject.Apps, ReachState.Bad, refused.Code, [host]);
            }
        }

        /// <summary>By what peers' answers said of their clocks. The median counts, because one of them may be wrong itself.</summary>
        private ReachStep Clock(PortalId portal)
        {
            var offsets = clocks.Offsets(portal).Order().ToList();
            if (offsets.Count == 0)
                return new(ReachSubject.Clock, ReachState.Untested, "no_peer_heard", []);

            var median = offsets[offsets.Count / 2];
            var off = median.Duration() > TolerableOffset;
            var code = !off ? "clock_right" : offsets.Count == 1 ? "clock_differs_from_one" : median > TimeSpan.Zero ? "clock_behind" : "clock_ahead";
            var state = !off ? ReachState.Good : offsets.Count == 1 ? ReachState.Doubtful : ReachState.Bad;
            return new(ReachSubject.Clock, state, code, [Text(offsets.Count), Text((int)median.Duration().TotalSeconds)]);
        }

        /// <param name="end">The first one that is not among them.</param>
        private static IEnumerable<ReachStep> Untested(ReachSubject from, ReachSubject end) =>
            Enum.GetValues<ReachSubject>().Where(subject => subject >= from && subject < end)
                .Select(subject => new ReachStep(subject, ReachState.Untested, "not_tested", []));

        /// <returns>The host as it is in a URL: with its port, if that is not 443.</returns>
        private string Authority(string host) => options.Portal.PublicPort == 443 ? host : $"{host}:{Text(options.Portal.PublicPort)}";

        private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
