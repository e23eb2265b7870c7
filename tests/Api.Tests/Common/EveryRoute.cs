using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>A Portal with one of everything, and all the routes of its two listeners; one for all tests of a class.</summary>
public sealed class EveryRoute(TestPostgres postgres) : IAsyncLifetime
{
    private const string Contact = "qqqqqq";
    private HttpClient inner = null!;
    private HttpClient edge = null!;
    private int callers;
    private HttpClient owner = null!;
    private string invite = "";
    private string appToken = "";

    internal Neighbourhood Zone { get; private set; } = null!;

    internal LivePortal Portal { get; private set; } = null!;

    internal HeardLog Log { get; } = new();

    /// <summary>Every endpoint that routing knows, and those that stand before routing.</summary>
    internal IReadOnlyList<Route> Routes { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        Zone = await Neighbourhood.Start(postgres);
        Portal = await Zone.Move("Ada", services => services.AddSingleton<ILoggerProvider>(Log));
        owner = await Portal.Owner();
        edge = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Portal.Edge };
        inner = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Portal.Internal };
        await Portal.Send(new RegisterApp(Portal.Id, "mail", Encoding.UTF8.GetBytes("""{"v":"1.0","name":"mail","paths":{"":{"access":"private"}}}""")));
        appToken = await Portal.Send(new IssueAppToken(Portal.Id, "mail"));
        await Portal.Send(new AddPeer(Portal.Id, TypedPortalId.Parse(Contact), default, default));
        invite = (await Portal.Send(new CreateInvite(Portal.Id, null))).Id;
        Routes = [.. Portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(endpoint => new Route(endpoint))];
    }

    public async ValueTask DisposeAsync()
    {
        edge.Dispose();
        owner.Dispose();
        inner.Dispose();
        await Zone.DisposeAsync();
    }

    /// <summary>A target that the route answers: IDs of what is there, and the query that it cannot do without.</summary>
    /// <param name="gone">IDs of what is not there.</param>
    internal string Target(Route route, bool gone = false) => route.Pattern
        .Replace("{hash}", "0000000000000000", StringComparison.Ordinal)
        .Replace("{invite}", "nobody.0000000000000000000000", StringComparison.Ordinal)
        .Replace("{name}", gone ? "nosuch" : route.Pattern.Contains("/apps", StringComparison.Ordinal) ? "mail" : "site.css", StringComparison.Ordinal)
        .Replace("{id}", gone ? "zzzzzz" : IdIn(route.Pattern), StringComparison.Ordinal) + Query(route.Pattern);

    /// <summary>Straight to the listener: the front does not hand on an answer that comes before the body's end.</summary>
    /// <param name="asOwner">On the internal listener: as an app.</param>
    internal async Task<Said> Send(
        Route route, string method, bool asOwner, HttpContent? body = null, string accept = "*/*", string? target = null, string? cookie = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Parse(method), target ?? Target(route)) { Content = body };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (cookie is not null)
            request.Headers.TryAddWithoutValidation("Cookie", cookie);
        if (asOwner)
            request.Headers.Authorization = route.IsInternal ? new("Bearer", appToken) : owner.DefaultRequestHeaders.Authorization;
        request.Headers.Host = route.Pattern.StartsWith("/.portal", StringComparison.Ordinal) ? $"mail.{Portal.Domain}" : Portal.Domain;
        request.Headers.ExpectContinue = body?.Headers.ContentLength > 1000; // what is too large is answered before it is sent
        var caller = Interlocked.Increment(ref callers);
        request.Headers.Add("X-Forwarded-For", $"198.18.{caller >> 8 & 255}.{caller & 255}");
        var answer = await (route.IsInternal ? inner : edge).SendAsync(request, TestContext.Current.CancellationToken);
        return new Said(answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer);
    }

    /// <summary>The cookie that the pages' forms need.</summary>
    internal async Task<string> FormCookie(HttpClient client, string page = "/profile") => (await Form(client, page)).Cookie;

    /// <summary>The two halves of the antiforgery token, as a page brings them.</summary>
    internal async Task<(string Cookie, string Token)> Form(HttpClient client, string page = "/profile")
    {
        var shown = await client.Get(page);
        return (shown.Header("Set-Cookie")!.Split(';')[0], WebUtility.HtmlDecode(shown.Body.Split("name=\"form_token\" value=\"")[1].Split('"')[0]));
    }

    /// <summary>What the endpoints that match a target on one listener take, in order.</summary>
    internal IReadOnlyList<string> MethodsAt(string target, bool isInternal) =>
        [.. Routes.Where(route => route.IsInternal == isInternal && route.Matches(target)).SelectMany(route => route.Methods).Distinct()
            .Order(StringComparer.Ordinal)];

    private string IdIn(string pattern) =>
        pattern.Contains("/invites", StringComparison.Ordinal) ? invite
        : pattern.Contains("/devices", StringComparison.Ordinal)
            || pattern.Contains("/terminals", StringComparison.Ordinal) ? Portal.Snapshot.Devices.Keys.First()
        : pattern.Contains("/inbox", StringComparison.Ordinal) || pattern.Contains("/requests", StringComparison.Ordinal) ? new string('a', 103)
        : Contact;

    private static string Query(string pattern) => pattern switch
    {
        "/core/app-session" => $"?app=mail&to=/&state={new string('a', 43)}",
        "/.portal/session" => "?ticket=none",
        "/core/protected/apps/{name}/explain" => "?path=/",
        "/core/public/pair/terminal" => "?code=00000000",
        _ => "",
    };

    internal sealed class Route(RouteEndpoint endpoint)
    {
        private readonly TemplateMatcher matcher = new(TemplateParser.Parse(endpoint.RoutePattern.RawText!), []);

        public string Pattern => "/" + endpoint.RoutePattern.RawText!.Trim('/');

        /// <summary>Whether nginx asks it for the words of a verdict; asked without a verdict, it says 503.</summary>
        public bool IsForProxies => Pattern is "/internal/auth/nginx/answer" or "/.portal/away";

        /// <summary>Whether its answer has no end.</summary>
        public bool IsStream => Pattern is "/live" or "/protected/events";

        public RouteEndpoint Endpoint => endpoint;

        public bool IsInternal => endpoint.Listener() == Listener.Internal;

        public IReadOnlyList<string> Methods => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];

        public string Method => Methods[0];

        public bool Matches(string target) => matcher.TryMatch(target.Split('?')[0], []);

        public override string ToString() => $"{Method} {Pattern}";
    }
}
