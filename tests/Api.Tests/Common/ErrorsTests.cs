using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>What every route answers where it cannot do what was asked (RFC 9110, RFC 9457).</summary>
public sealed class ErrorsTests(EveryRoute routes) : IClassFixture<EveryRoute>
{
    private static readonly string[] AllMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];

    /// <summary>What apps send that fetch pictures, streams or feeds; none of them admits JSON.</summary>
    public static readonly TheoryData<string> OddAccepts = ["image/png", "text/event-stream", "application/xml"];

    [Fact]
    public void Every_route_names_its_methods_and_there_are_many()
    {
        Assert.All(routes.Routes, route => Assert.NotEmpty(route.Methods));
        Assert.True(routes.Routes.Count > 60, $"{routes.Routes.Count}");
    }

    [Theory, MemberData(nameof(OddAccepts))]
    public async Task Every_error_of_every_route_is_a_problem_whatever_Accept_says(string accept)
    {
        var seen = new HashSet<(string Route, HttpStatusCode Status)>();
        foreach (var route in routes.Routes)
        {
            foreach (var attempt in Attempts(route))
                await Try(route, attempt.Method, attempt.AsOwner, attempt.Target, attempt.Body);
        }

        Assert.Superset(
            new HashSet<HttpStatusCode>
            {
                HttpStatusCode.BadRequest, HttpStatusCode.Unauthorized, HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed,
                HttpStatusCode.UnsupportedMediaType,
            },
            seen.Select(s => s.Status).ToHashSet());
        Assert.All(routes.Routes, route => Assert.Contains(seen, s => s.Route == route.ToString()));
        Assert.DoesNotContain(routes.Log.Entries, entry => entry.Exception is not null);

        async Task Try(EveryRoute.Route route, string method, bool asOwner, string? target, string? body)
        {
            using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "text/plain");
            var said = await routes.Send(route, method, asOwner, content, accept, target);
            if ((int)said.Status < 400)
                return;

            seen.Add((route.ToString(), said.Status));
            Assert.True((int)said.Status < 500 || route.IsForProxies, $"{method} {target ?? route.Pattern}: {said.Status}");
            AssertFields(said);
            if (method == "HEAD")
                Assert.Equal((target ?? route.Pattern, "application/problem+json", ""), (target ?? route.Pattern, said.Answer.Content.Headers.ContentType?.MediaType, said.Body));
            else
                Assert.NotEmpty(said.Code);
        }
    }

    [Theory, MemberData(nameof(OddAccepts))]
    public async Task A_refused_verdict_is_a_problem_whatever_Accept_says(string accept)
    {
        using var inner = new HttpClient { BaseAddress = routes.Portal.Internal };
        var (odd, uri) = (("Accept", accept), ("X-Forwarded-Uri", "/private"));
        (string, string)[] forwarded =
            [("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", $"mail.{routes.Portal.Domain}"), uri, odd];
        foreach (var path in new[] { "/internal/auth", "/internal/auth/nginx" })
        {
            Assert.Equal("not_authenticated", (await inner.Get(path, forwarded)).Code);
            Assert.Equal("not_authenticated", AssertFields(await inner.Get(path, forwarded)).Code);
            Assert.Equal("request_invalid", (await inner.Get(path, odd)).Json.GetProperty("code").GetString());

            var wrong = await inner.Post(path, null, odd);
            Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed", "GET, HEAD"), (wrong.Status, wrong.Code, AssertFields(wrong).Header("Allow")));
            var head = await inner.Say(HttpMethod.Head, path, null, forwarded);
            Assert.Equal((HttpStatusCode.Unauthorized, ""), (head.Status, AssertFields(head).Body));
        }

        var call = await inner.Get("/internal/call_peer/qqqqqq/x", odd);
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), (call.Status, AssertFields(call).Code));
        Assert.DoesNotContain(routes.Log.Entries, entry => entry.Exception is not null);
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_take_is_refused_with_Allow()
    {
        foreach (var route in routes.Routes)
        {
            var target = routes.Target(route);
            var taken = routes.MethodsAt(target, route.IsInternal);
            foreach (var method in AllMethods.Except(taken))
            {
                var said = await routes.Send(route, method, asOwner: false);
                Assert.True(said.Status == HttpStatusCode.MethodNotAllowed, $"{method} {target}: {said.Status}");
                Assert.Equal(taken, said.Answer.Content.Headers.Allow.Order(StringComparer.Ordinal));
            }
        }
    }

    [Fact]
    public async Task A_path_of_the_other_listener_does_not_exist_under_any_method()
    {
        using var clients = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        foreach (var route in routes.Routes)
        {
            var target = routes.Target(route);
            if (routes.MethodsAt(target, !route.IsInternal).Count > 0)
                continue;

            var elsewhere = route.IsInternal ? routes.Portal.Edge : routes.Portal.Internal;
            foreach (var method in AllMethods)
            {
                using var request = new HttpRequestMessage(HttpMethod.Parse(method), new Uri(elsewhere, target)) { Headers = { Host = routes.Portal.Domain } };
                using var answer = await clients.SendAsync(request, TestContext.Current.CancellationToken);
                Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{method} {target}: {answer.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task A_content_type_that_a_path_does_not_take_is_refused()
    {
        var taking = routes.Routes.Where(route => route.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null).ToList();
        Assert.True(taking.Count > 25, $"{taking.Count}");
        foreach (var route in taking)
        {
            foreach (var type in new[] { "text/plain", "application/xml", "nonsense" })
            {
                using var body = new ByteArrayContent("{}"u8.ToArray());
                body.Headers.TryAddWithoutValidation("Content-Type", type);
                var said = await routes.Send(route, route.Method, asOwner: true, body);
                Assert.True(said.Status == HttpStatusCode.UnsupportedMediaType, $"{route} as {type}: {said.Status}");
                Assert.Equal("content_type_unsupported", said.Code);
            }
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task HEAD_is_answered_wherever_GET_is_with_the_same_head_and_no_body(bool asOwner)
    {
        string[] ofOneAnswer = ["Date", "Transfer-Encoding", "Content-Length", "Set-Cookie", "Connection", "Keep-Alive"];
        var both = routes.Routes.Where(route => route.Methods.Contains("GET") && !route.IsStream).ToList();
        Assert.True(both.Count > 30, $"{both.Count}");
        foreach (var route in both)
        {
            var (get, head) = (await routes.Send(route, "GET", asOwner), await routes.Send(route, "HEAD", asOwner));
            Assert.True((get.Status, "") == (head.Status, head.Body), $"{route}: {get.Status}, {head.Status}");
            Assert.Equal(Fields(get), Fields(head));
        }

        string[] Fields(Said said) => [.. said.Answer.Headers.NonValidated.Concat(said.Answer.Content.Headers.NonValidated)
            .Where(field => !ofOneAnswer.Contains(field.Key)).Select(field => $"{field.Key}: {field.Value.ToString().Split("ticket=")[0]}")
            .Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task A_stream_answers_HEAD_at_once()
    {
        var streams = routes.Routes.Where(route => route.IsStream).ToList();
        Assert.Equal(2, streams.Count);
        foreach (var stream in streams)
        {
            var said = await routes.Send(stream, "HEAD", asOwner: true).WaitAsync(TimeSpan.FromSeconds(5));
            Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (said.Status, said.Answer.Content.Headers.ContentType?.MediaType));
        }
    }

    [Fact]
    public async Task Every_route_of_the_owner_or_an_app_says_to_strangers_how_to_authenticate()
    {
        var closed = routes.Routes.Where(route => route.Endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null).ToList();
        Assert.True(closed.Count > 50, $"{closed.Count}");
        foreach (var route in closed)
        {
            var said = await routes.Send(route, route.Method, asOwner: false);
            Assert.True(said.Status == HttpStatusCode.Unauthorized, $"{route}: {said.Status}");
            AssertFields(said);
        }
    }

    [Fact]
    public async Task A_refusal_for_too_many_requests_has_Retry_After()
    {
        using var anybody = routes.Zone.Client();
        Said said;
        var tries = 0;
        do
        {
            said = await anybody.Post(
                $"https://{routes.Portal.Domain}/core/public/pair/terminal?code=00000000", """{"name":"x"}""", (Neighbourhood.Address, "203.0.113.9"), ("Accept", "image/png"));
        }
        while (said.Status != HttpStatusCode.TooManyRequests && tries++ < 100);

        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), (said.Status, AssertFields(said).Code));
    }

    /// <summary>Requests that have to fail, each in another way.</summary>
    private IEnumerable<(string Method, bool AsOwner, string? Target, string? Body)> Attempts(EveryRoute.Route route)
    {
        yield return ("PURGE", false, null, null);
        yield return ("PURGE", true, null, null);
        if (route.Methods.Contains("GET") && !route.Pattern.Contains("live", StringComparison.Ordinal))
        {
            yield return ("HEAD", false, null, null);
            yield return ("GET", true, routes.Target(route).Split('?')[0].TrimEnd('/') + "/nothing", null);
        }

        if (route.Endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null)
            yield return (route.Method, false, null, null);
        if (route.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null)
            yield return (route.Method, true, null, "no body of this path");
        if (route.Pattern.Contains('{', StringComparison.Ordinal) && route.Method != "GET")
            yield return (route.Method, true,
                route.Pattern.Replace("{id}", "!", StringComparison.Ordinal).Replace("{name}", "nosuchapp", StringComparison.Ordinal), null);
    }

    private static Said AssertFields(Said said)
    {
        Assert.Equal(said.Status == HttpStatusCode.Unauthorized, said.Header("WWW-Authenticate") is { Length: > 0 });
        Assert.Equal(said.Status == HttpStatusCode.MethodNotAllowed, said.Header("Allow") is not null);
        Assert.Equal(said.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable,
            int.TryParse(said.Header("Retry-After"), CultureInfo.InvariantCulture, out var seconds) && seconds > 0);
        return said;
    }
}
