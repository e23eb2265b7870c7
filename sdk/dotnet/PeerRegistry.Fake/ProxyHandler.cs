using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Fake;

/// <summary>The Portal's proxy: decides by the app's rules, and sends what passes with the headers that say who calls.</summary>
/// <param name="asCore">Whether the core itself sends, for which no rule counts.</param>
internal sealed class ProxyHandler(FakePortal portal, FakeCaller caller, bool asCore, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        CompiledRule? rule = null;
        try
        {
            if (!asCore && portal.Rules is { } rules)
                rule = Decide(rules, request.RequestUri!.PathAndQuery);
        }
        catch (RefusedException refused)
        {
            return Refuse(Problem.Of(refused), request);
        }

        var headers = request.Headers;
        foreach (var name in headers.NonValidated.Select(header => header.Key).Where(HeaderFilter.IsReserved).ToList())
            headers.Remove(name);
        Add(ProxySecret.Header, caller.Secret, portal.ProxySecret, "not-the-secret-of-the-proxy");
        var about = portal.Values(caller);
        headers.TryAddWithoutValidation("X-Ptl-Client-Type", caller.Type);
        headers.TryAddWithoutValidation("X-Ptl-Client-Id", caller.Id);
        headers.TryAddWithoutValidation("X-Ptl-Client-Name", HeaderTemplate.Compile("{{ auth.client_name }}").Render(about));
        foreach (var (name, template) in rule?.Headers ?? [])
        {
            headers.Remove(name);
            headers.TryAddWithoutValidation(name, template.Render(about));
        }

        if (caller.Type == "peer")
        {
            var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
            Add("Content-Digest", caller.Digest, Digest(body), Digest([.. body, 0]));
            if (caller.BodyVerified)
                headers.TryAddWithoutValidation("X-Ptl-Body-Verified", "1");
        }

        return await base.SendAsync(request, cancellationToken);

        void Add(string name, Sent sent, string right, string wrong)
        {
            if (sent != Sent.Absent)
                headers.TryAddWithoutValidation(name, sent == Sent.Right ? right : wrong);
        }
    }

    /// <exception cref="RefusedException">The caller does not reach the app, as the core decides.</exception>
    private CompiledRule Decide(AccessRules rules, string target)
    {
        var isRead = PathReading.TryRead(target, out var path);
        var rule = isRead ? AccessRules.IsReserved(path) ? null : rules.FindRule(target, path) : rules.FindRuleOfEveryReading(target);
        return (rule?.Access, caller.Type) switch
        {
            (null, _) => throw (isRead
                ? new RefusedException(RefusalKind.NotFound, "not_found", "The app has nothing at this path.")
                : new RefusedException(RefusalKind.Invalid, "path_ambiguous", "The path can be read in ways that fall under different rules.")),
            (Access.Public, _) or (Access.Peer, "peer") or (Access.Private, "terminal") => rule!,
            (_, "peer" or "terminal") => throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This path is not open to this caller."),
            _ => throw new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "This path is not open to everybody."),
        };
    }

    /// <returns>The <c>Content-Digest</c> of a body.</returns>
    internal static string Digest(ReadOnlySpan<byte> body) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";

    private static HttpResponseMessage Refuse(Problem problem, HttpRequestMessage request) => new((HttpStatusCode)problem.Status)
    {
        RequestMessage = request,
        Content = new ReadOnlyMemoryContent(problem.Json()) { Headers = { ContentType = new MediaTypeHeaderValue("application/problem+json") } },
    };
}
