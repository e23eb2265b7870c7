using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>Whatever is sent, the fault is the sender's: no answer is 5xx, and no stack trace is logged.</summary>
public sealed class MalformedInputTests(EveryRoute routes) : IClassFixture<EveryRoute>
{
    private static readonly string[] Names =
    [
        "about", "add", "after", "app", "as", "before", "challenge", "code", "forget", "limit", "name", "page", "path", "pick", "standing", "state", "status",
        "stream",
        "text", "ticket", "to", "type", "v",
    ];

    private static readonly string[] Numbers = ["after", "before", "limit", "page", "forget"];

    private static readonly string[] OddValues =
        ["%00", "%FF", "%ED%A0%80", "%E2%80%AE", "99999999999999999999", "-9223372036854775808", "1e999", "%25%00", new string('a', 4000), "%27%22%3B--"];

    public static readonly TheoryData<string> Kinds = ["json", "form", "multipart", "type", "charset"];

    [Theory, MemberData(nameof(Kinds))]
    public async Task No_malformed_body_makes_any_route_answer_with_a_server_error(string kind)
    {
        using var owner = await routes.Portal.Owner();
        var (cookie, token) = await routes.Form(owner);
        foreach (var route in routes.Routes.Where(r => r.Methods.Any(m => m is not ("GET" or "HEAD")) || (kind == "charset" && !r.IsStream)))
        {
            foreach (var (name, type, bytes) in Bodies(kind, token))
            {
                foreach (var asOwner in Closed(route) ? new[] { true, false } : [false])
                {
                    using var body = new ByteArrayContent(bytes);
                    body.Headers.TryAddWithoutValidation("Content-Type", type);
                    await AssertFine(route, asOwner, body, name, cookie: cookie);
                }
            }
        }

        Assert.DoesNotContain(routes.Log.Entries, entry => entry.Exception is not null);
    }

    [Fact]
    public async Task No_odd_query_makes_any_route_answer_with_a_server_error()
    {
        foreach (var route in routes.Routes.Where(r => !r.IsStream))
        {
            foreach (var value in OddValues)
            {
                foreach (var names in new[] { Names, [.. Names.Except(Numbers)] })
                {
                    var target = $"{routes.Target(route, gone: true).Split('?')[0]}?{string.Join('&', names.Select(n => $"{n}={value}"))}";
                    await AssertFine(route, Closed(route), null, $"?…={value[..Math.Min(30, value.Length)]}", target.Length < 8000 ? target : target[..7000]);
                }
            }
        }

        Assert.DoesNotContain(routes.Log.Entries, entry => entry.Exception is not null);
    }

    [Fact]
    public async Task No_odd_path_makes_any_route_answer_with_a_server_error()
    {
        foreach (var route in routes.Routes.Where(r => r.Pattern.Contains('{', StringComparison.Ordinal)))
        {
            foreach (var value in new[] { "%01", "%C3%BC", "%E2%80%AE", "%25", "%2F", new string('a', 103), new string('a', 2000), "-", "%27" })
            {
                var path = route.Pattern;
                while (path.IndexOf('{', StringComparison.Ordinal) is >= 0 and var open)
                    path = path[..open] + value + path[(path.IndexOf('}', StringComparison.Ordinal) + 1)..];
                await AssertFine(route, Closed(route), null, value, path);
            }
        }

        Assert.DoesNotContain(routes.Log.Entries, entry => entry.Exception is not null);
    }

    [Theory, InlineData("utf-7"), InlineData("nonsense"), InlineData("utf-16"), InlineData("\"iso-8859-1\"")]
    public async Task Text_in_another_charset_is_refused(string charset)
    {
        using var owner = await routes.Portal.Owner();
        foreach (var route in routes.Routes.Where(r => r.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is not null))
        {
            using var body = new ByteArrayContent("{}"u8.ToArray());
            body.Headers.TryAddWithoutValidation("Content-Type",
                $"{route.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>()!.ContentTypes[0]}; charset={charset}");
            var said = await routes.Send(route, route.Method, asOwner: true, body);
            Assert.True(said.Status == System.Net.HttpStatusCode.UnsupportedMediaType, $"{route}: {said.Status}");
        }
    }

    private async Task AssertFine(EveryRoute.Route route, bool asOwner, HttpContent? body, string what, string? target = null, string? cookie = null)
    {
        var method = route.Methods.FirstOrDefault(m => m is not ("GET" or "HEAD")) ?? route.Method;
        if (target is null
            && (method == "DELETE" || route.Pattern.EndsWith("/remove", StringComparison.Ordinal)
                || route.Pattern.EndsWith("/revoke", StringComparison.Ordinal)))
            target = routes.Target(route, gone: true); // what is there is needed by the other routes
        var said = await routes.Send(route, method, asOwner, body, target: target, cookie: cookie);
        Assert.True((int)said.Status < 500 || route.IsForProxies, $"{method} {route.Pattern} with {what}: {said.Status} {said.Body}");
    }

    private static bool Closed(EveryRoute.Route route) => route.Endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null;

    private static IEnumerable<(string Name, string Type, byte[] Bytes)> Bodies(string kind, string token) => kind switch
    {
        "json" => Json().Select(json => (json[..Math.Min(40, json.Length)], "application/json", Encoding.Latin1.GetBytes(json))),
        "form" => Forms(token).Select(form => (form[..Math.Min(40, form.Length)], "application/x-www-form-urlencoded", Encoding.Latin1.GetBytes(form))),
        "multipart" => Multiparts(token),
        "type" =>
        [
            ("no type", "", "{}"u8.ToArray()), ("text", "text/plain", "{}"u8.ToArray()), ("two types", "application/json, text/plain", "{}"u8.ToArray()),
            ("a type cut short", "application/", "{}"u8.ToArray()), ("no boundary", "multipart/form-data", "x"u8.ToArray()),
            ("an odd boundary", "multipart/form-data; boundary=\"\"", "x"u8.ToArray()),
            ("a long boundary", $"multipart/form-data; boundary={new string('b', 500)}", "x"u8.ToArray()), ("gzip", "application/json", [0x1f, 0x8b, 8, 0, 0]),
        ],
        _ => from charset in new[] { "utf-7", "UTF-7", "unicode-1-1-utf-7", "nonsense", "utf-16", "utf-32", "iso-8859-1", "\"utf-7\"", "" }
             from type in new[] { "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b" }
             select ($"{type} {charset}", $"{type}; charset={charset}", "{}"u8.ToArray()),
    };

    /// <summary>One byte a character.</summary>
    private static IEnumerable<string> Json()
    {
        yield return "";
        yield return "null";
        yield return "[]";
        yield return "{";
        yield return "{}{}";
        yield return "\u00EF\u00BB\u00BF{}"; // a byte order mark
        yield return new string('[', 10_000);
        yield return $$"""{"name":{{string.Concat(Enumerable.Repeat("{\"a\":", 200))}}""";
        foreach (var value in new[]
                 {
                     "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\u00FF\u00FE\"", "\"\u0000\"", "1e400", "-1e400", "99999999999999999999999", "true",
                     "{}", "[[[]]]", "null", "\"\"",
                 })
        {
            yield return $$"""{"name":{{value}}}""";
            yield return $$"""{"id":{{value}},"name":{{value}},"address":{{value}}}""";
            yield return $$"""{"id":"qqqqqq","name":{{value}},"address":{{value}}}""";
            yield return $$"""{"days":{{value}}}""";
            yield return $$"""{"mode":"some","peers":[{{value}}]}""";
            yield return $$"""{"mode":{{value}}}""";
            yield return $$"""{"name":"Ada","email":{{value}},"description":{{value}},"email_public":false}""";
            yield return $$"""{"v":"1.2","name":"mail","pretty_name":"Mail","app_version":{{value}},"icon":{{value}},"paths":{"":{"access":"private"} } }""";
            var prefix = value.StartsWith('"') ? value : "\"/\"";
            yield return $$"""{"v":"1.2","name":"mail","pretty_name":{{value}},"paths":{ {{prefix}}:{"access":"public","headers":{"X-Ptl-A":{{value}} } } } }""";
            yield return $$"""{"id":{{value}},"public_key_pem":{{value}},"peering":"offered","revision":1}""";
            yield return $$"""{"id":"a","public_key_pem":"b","peering":"offered","revision":{{value}}}""";
        }
    }

    private static IEnumerable<string> Forms(string token)
    {
        var begin = $"form_token={Uri.EscapeDataString(token)}";
        yield return "";
        yield return "&&&===";
        yield return "%";
        yield return $"{begin}&%zz=%00&name=%";
        yield return $"{begin}&{string.Concat(Enumerable.Range(0, 2000).Select(i => $"k{i}=&"))}";
        yield return $"{begin}&{new string('k', 5000)}=x";
        foreach (var value in new[] { "%00", "%FF%FE", "\u00FF", "%ED%A0%80", "99999999999999999999", "-1", new string('a', 5000), "%E2%80%AE", "" })
        {
            yield return $"{begin}&" + string.Join('&', ((string[])
                ["name", "code", "petname", "address", "id", "email", "description", "days", "mode", "peers", "shown", "forget", "email_public"])
                    .Select(field => $"{field}={value}"));
            yield return $"{begin}&mode=Some&shown=qqqqqq&peers={value}&name=Ada&description={value}&id=qqqqqq&address={value}";
        }
    }

    private static IEnumerable<(string Name, string Type, byte[] Bytes)> Multiparts(string token)
    {
        var begin = $"--b\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n";
        foreach (var (name, body) in new[]
                 {
                     ("nothing", ""), ("no end", "--b\r\n"),
                     ("a part that ends early", begin + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nabc"),
                     ("a part without a name", begin + "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
                     ("a part without a disposition", begin + "--b\r\nX: y\r\n\r\nx\r\n--b--\r\n"),
                     ("a disposition that is none", begin + "--b\r\nContent-Disposition: ;;;=\"\r\n\r\nx\r\n--b--\r\n"),
                     ("many fields in a head", begin + "--b\r\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"X-{i}: y\r\n")) + "\r\nx\r\n--b--\r\n"),
                     ("a long field in a head", begin + $"--b\r\nX: {new string('y', 9000)}\r\n\r\nx\r\n--b--\r\n"),
                     ("a part in UTF-7",
                         begin + "--b\r\nContent-Disposition: form-data; name=\"name\"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+AGE-\r\n--b--\r\n"),
                     ("a part in no charset",
                         begin + "--b\r\nContent-Disposition: form-data; name=\"name\"\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx\r\n--b--\r\n"),
                     ("an empty file", begin + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--b--\r\n"),
                     ("files that are none", begin + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\u0000\u00FF\r\n--b\r\n"
                         + "Content-Disposition: form-data; name=\"picture\"; filename=\"\u0000\"\r\n\r\nGIF89a\r\n--b--\r\n"),
                 })
        {
            yield return (name, "multipart/form-data; boundary=b", Encoding.Latin1.GetBytes(body));
        }
    }
}
