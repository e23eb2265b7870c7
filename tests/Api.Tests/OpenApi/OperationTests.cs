using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Gateway;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Portals;
using SkiaSharp;

namespace PeerRegistry.Api.Tests.OpenApi;

/// <summary>Calls every operation of both documents, rightly and wrongly, and compares requests and answers with them.</summary>
public sealed class OperationTests(GatewayPair pair) : IClassFixture<GatewayPair>, IDisposable
{
    private const string Unknown = "zzzzzz";

    private readonly HashSet<string> called = [];
    private readonly List<string> faults = [];
    private readonly HttpMessageInvoker anyone = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private Sender owner = null!;
    private Sender app = null!;
    private DescribedApi edge = null!;
    private DescribedApi inner = null!;
    private int callers;

    public void Dispose() => anyone.Dispose();

    [Fact]
    public async Task Every_operation_answers_as_the_document_says()
    {
        (edge, inner) = (await DocumentTests.Read(pair.Ada, "edge"), await DocumentTests.Read(pair.Bob, "internal"));
        owner = new Sender(pair.Ada.Edge, pair.Ada.Domain, pair.Owner.DefaultRequestHeaders.Authorization);
        var name = await pair.App(context => context.Response.WriteAsync("Greetings"));
        using var caller = await pair.Caller(name);
        app = new Sender(pair.Bob.Internal, null, caller.DefaultRequestHeaders.Authorization);

        await Public();
        await Profile();
        await Peers();
        await Requests();
        await Circles();
        await Devices();
        await Apps();
        await Internal(name);

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.Equal(
            edge.Operations.Concat(inner.Operations).Select(operation => operation.Id).Order(StringComparer.Ordinal),
            called.Order(StringComparer.Ordinal));
    }

    private async Task Public()
    {
        await Edge("portals.whoareyou");
        await Edge("portals.whoareyou", "?challenge=AAAAAAAAAAAAAAAAAAAAAA");
        await Edge("portals.whoareyou", "?challenge=short", expected: 400);
        await Edge("meta.whoami");
        await Edge("health.live");
        await Edge("health.ready");
        await Edge("health.original");
        await Edge("openapi.edge");
        await Edge("app-meta.schema.edge");
        await Edge("check.get");
        await Edge("check.run");
        await Edge("calls.refused");
        await Edge("calls.list", "?limit=3");
        await Edge("calls.list", "?after=none", expected: 400);
        await Edge("calls.cancel", expected: 404);
        await Edge("audit.events", "?limit=3");
        await Edge("audit.events", "?limit=0", expected: 400);
    }

    private async Task Profile()
    {
        await Edge("profile.put");
        await Edge("profile.put", body: """{"name":"","email":null,"description":null,"email_public":false}""", expected: 400);
        await Edge("profile.get");
        await Edge("profile.language.put");
        await Edge("profile.announce-apps.put");
        await Edge("profile.announce-apps.get");
        await Edge("avatar.public", expected: 404);
        await Edge("profile.avatar.put", raw: Picture());
        await Edge("profile.avatar.put", raw: [1, 2, 3], expected: 400);
        await Edge("profile.avatar.get");
        await Edge("avatar.public");
        await Edge("profile.avatar.delete");

        await Edge("identities.list");
        await Edge("identities.show");
        await Edge("identities.put", body: $$"""{"id":"{{pair.Ada.Id}}","name":"Ada"}""", expected: 201);
        await Edge("identities.put", body: """{"name":"Another"}""", expected: 409);
        await Edge("identities.avatar", expected: 404);
        await Edge("identities.put-avatar", raw: Form(Picture()), type: "multipart/form-data; boundary=part");
        await Edge("identities.avatar");
        await Edge("identities.remove-avatar");
    }

    private async Task Peers()
    {
        var bob = pair.Bob.Id.Value;
        await pair.Bob.Send(new SetAvatar(pair.Bob.Id, Picture()));
        await Edge("peers.list", "?status=mutual");
        await Edge("peers.list", "?status=none", expected: 400);
        await Edge("peers.show", id: bob);
        await Edge("peers.ask", body: $$"""{"text":"{{pair.Bob.Domain}}"}""");
        await Edge("peers.asked-avatar", id: bob);
        await Edge("peers.avatar", id: Unknown, expected: 404);
        await Edge("peers.note", id: bob);
        await Edge("peers.verify", id: bob, body: $$"""{"id":"{{bob}}"}""");
        await Edge("audit.peer-history", "?limit=2", id: bob);

        await Edge("peers.put", body: """{"id":"qqqqqq","name":"Quinn"}""", expected: 201);
        await Edge("peers.put", body: """{"id":"qqqqqq","name":null}""");
        await Edge("peers.put", body: """{"id":"!!!!!!"}""", expected: 400, isValid: false);
        await Edge("peers.put", body: $$"""{"id":"{{pair.Ada.Id}}"}""", expected: 409);
        await Edge("peers.show", id: "qqqqqq");
        await Edge("peers.try", id: "qqqqqq");
        await Edge("peers.block", id: "qqqqqq");
        await Edge("peers.unblock", id: "qqqqqq");
        await Edge("peers.remove", "?forget=true", id: "qqqqqq");

        var invite = (await Edge("invites.create")).Json.GetProperty("id").GetString();
        await Edge("invites.list");
        await Edge("invites.revoke", id: invite);
    }

    private async Task Requests()
    {
        var notice = edge.Operation("peering.notice");
        foreach (var answer in new[] { "accept", "ignore", "block" })
        {
            using var stranger = Stranger.Appear();
            var (status, body, _) = await stranger.Send(pair.Ada, 1);
            Assert.Equal(HttpStatusCode.OK, status);
            edge.CheckAnswer(notice, (int)status, "application/json", Encoding.UTF8.GetString(body));
            await Edge("peering-requests.list");
            await Edge($"peering-requests.{answer}", id: stranger.Key.Id.Value);
        }

        await Edge("peering.notice", expected: 401);
        await Edge("peering-requests.seen");
        await Edge("peering-callers.list");
    }

    private async Task Circles()
    {
        var circle = (await Edge("circles.create")).Json.GetProperty("id").GetString();
        await Edge("circles.create", expected: 409);
        await Edge("circles.list");
        await Edge("circles.change-peers", id: circle, body: $$"""{"add":["{{pair.Bob.Id}}"]}""");
        await Edge("circles.show", id: circle);
        await Edge("circles.rename", id: circle, body: """{"name":"Choir"}""");
        await Edge("circles.set-of-peer", id: pair.Bob.Id.Value, body: $$"""{"circles":["{{circle}}"]}""");
        await Edge("circles.of-peer", id: pair.Bob.Id.Value);
        await Edge("circles.remove", id: circle);
    }

    private async Task Devices()
    {
        var code = (await Edge("terminals.pairing-code")).Json.GetProperty("code").GetString();
        await Edge("terminals.pair", "?code=00000000", expected: 401);
        var device = (await Edge("terminals.pair", $"?code={code}", expected: 201)).Json.GetProperty("id").GetString();
        await Edge("terminals.list");
        await Edge("terminals.rename", id: device);
        await Edge("terminals.show", id: device);
        await Edge("terminals.replace", id: device, body: """{"name":"Tablet"}""");
        await Edge("terminals.show-by-name", name: "Tablet");
        await Edge("terminals.revoke-original", id: Unknown, expected: 404);
        await Edge("terminals.revoke", id: device);
        await Edge("recovery.make");
        await Edge("recovery.show");
        await Edge("recovery.revoke");
    }

    private async Task Apps()
    {
        const string Name = "photo-wall";
        await Edge("apps.register", name: Name, expected: 201);
        await Edge("apps.register", name: Name);
        await Edge("apps.register", name: "other", expected: 400);
        await Edge("apps.list");
        await Edge("apps.show", name: Name);
        await Edge("apps.set-visibility", name: Name, body: $$"""{"mode":"some","peers":["{{pair.Bob.Id}}"]}""");
        await Edge("apps.visibility", name: Name);
        await Edge("apps.show-peer", name: Name, id: pair.Bob.Id.Value);
        await Edge("apps.permissions.decide", name: Name);
        await Edge("apps.permissions.list", name: Name);
        await Edge("apps.icon", name: Name, expected: 404);
        await Edge("apps.set-icon", name: Name, raw: Picture());
        await Edge("apps.icon", name: Name);
        await Edge("apps.remove-icon", name: Name);
        await Edge("apps.explain", "?path=/photos&as=anonymous", name: Name);
        await Edge("apps.issue-token", name: Name);
        var password = (await Edge("apps.passwords.create", name: Name)).Json.GetProperty("id").GetString();
        await Edge("apps.passwords.list", name: Name);
        await Edge("apps.passwords.revoke", name: Name, id: password);
        var waiting = "";
        await Eventually.Holds(async () =>
        {
            var failed = (await Edge("apps.undelivered-events.list", name: Name)).Json;
            waiting = failed.GetArrayLength() == 0 ? "" : failed[0].GetProperty("id").GetString()!;
            return waiting.Length > 0; // nothing listens where the app should
        });
        await Edge("apps.undelivered-events.redeliver", name: Name, id: waiting);
        await Edge("apps.undelivered-events.discard", name: Name, id: waiting);
        await Edge("apps.session", name: Name);
        await Edge("app-session.begin", $"?app={Name}&to=/&state={new string('A', 43)}", expected: 303);
        await Edge("app-session.finish", "?ticket=none", expected: 401, host: $"{Name}.{pair.Ada.Domain}");
        await Edge("apps.away", expected: 503, host: $"{Name}.{pair.Ada.Domain}");
        await Edge("apps.remove", name: Name);
    }

    private async Task Internal(string name)
    {
        await Inner("app.self");
        await Inner("app.whoareyou");
        await Inner("app.whoareyou-original");
        await Inner("app.events");
        await Inner("app.peers.list");
        await Inner("app.peers.show", id: pair.Ada.Id.Value);
        await Inner("app.proxy-secret");
        await Inner("app.webhook-secret");
        await Inner("app.profile", expected: 403);
        await Inner("app.profile.avatar", expected: 403);
        await Inner("app.devices", expected: 403);
        await Inner("health.live-internal");
        await Inner("openapi.internal");
        await Inner("app-meta.schema.internal");
        await Inner("gateway.hosts", $"?domain={pair.Bob.Domain}");
        await Inner("gateway.hosts", "?domain=elsewhere.test", expected: 404);
        foreach (var call in inner.Operations.Where(operation => operation.Id.StartsWith("call-peer", StringComparison.Ordinal)))
            await Inner(call.Id, id: pair.Ada.Id.Value, path: "peer");

        await Deferred();
        foreach (var (path, status, ofNginx) in new[] { ("/open", 200, 200), ("/", 401, 401), ("/open/../peer", 400, 403) })
        {
            (string, string)[] forwarded =
                [("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", $"{name}.{pair.Bob.Domain}"), ("X-Forwarded-Uri", path)];
            await Inner("forward-auth", headers: forwarded, expected: status);
            await Inner("forward-auth.nginx", headers: forwarded, expected: ofNginx);
        }

        await Inner("forward-auth.nginx-answer", expected: 503);
    }

    private async Task Deferred()
    {
        (string, string)[] wanted = [("Prefer", "respond-async"), ("Idempotency-Key", "operations")];
        await Inner("call-peer.post", id: pair.Ada.Id.Value, path: "peer", expected: 400, headers: wanted[0]);
        var accepted = await Inner("call-peer.post", id: pair.Ada.Id.Value, path: "peer", expected: 202, headers: wanted);
        await Inner("call-peer.post", id: pair.Ada.Id.Value, path: "peer/other", expected: 422, headers: wanted);
        var call = accepted.Header("Location")!.Split('/')[^1];
        await Eventually.Holds(async () => (await Inner("app.calls.show", id: call)).Json.GetProperty("state").GetString() == "delivered");
        await Inner("app.calls.list", "?limit=1");
        await Inner("app.calls.answer", id: call);
        await Inner("app.calls.receipt", id: call);
        await Inner("app.calls.forget", id: call);
        await Inner("app.calls.answer", id: call, expected: 404);
    }

    private Task<Said> Edge(
        string operation, string query = "", string? id = null, string? name = null, string? body = null, byte[]? raw = null, int? expected = null,
        string? host = null, bool isValid = true, string type = "application/octet-stream") =>
        Call(edge, owner, operation, query, id, name, "", body, raw, type, expected, host is null ? [] : [("Host", host)], isValid);

    private Task<Said> Inner(
        string operation, string query = "", string? id = null, string path = "", int? expected = null, params (string, string)[] headers) =>
        Call(inner, app, operation, query, id, null, path, null, null, "", expected, headers, isValid: true);

    /// <summary>Calls it wrongly in every way that applies, and then as it is meant.</summary>
    private async Task<Said> Call(
        DescribedApi api, Sender sender, string operation, string query, string? id, string? name, string path, string? body, byte[]? raw, string rawType,
        int? expected, (string Name, string Value)[] headers, bool isValid)
    {
        var what = api.Operation(operation);
        var target = Target(id ?? Unknown, name ?? "nosuch");
        body ??= what.Body;
        if (body is not null && isValid)
            Note(() => api.CheckRequest(what, body));
        var content = body is null ? raw : Encoding.UTF8.GetBytes(body);
        if (called.Add(operation))
            await Wrongly();

        var said = await Send(target, content, "application/json", sender.Authorization);
        var status = (int)said.Status;
        Note(() => Assert.True(expected is null ? status < 400 : status == expected, $"{what} answers {status}: {said.Body}"));
        Compare(said, mayBeOther: false);
        return said;

        async Task Wrongly()
        {
            if (what.IsSecured)
            {
                Compare(await Send(target, content, "application/json", null), mayBeOther: false);
                Compare(await Send(target, content, "application/json", new("Bearer", "none")), mayBeOther: false);
            }

            var ids = what.Path.Contains('{', StringComparison.Ordinal);
            foreach (var wrong in !ids ? [] : new[] { Target("!", "!"), Target(Unknown, "nosuch"), Target(new string('a', 103), "nosuch") })
                Compare(await Send(wrong, content, "application/json", sender.Authorization), mayBeOther: true);
            if (body is null)
                return;

            foreach (var (bytes, type, status) in new[] { ("{"u8.ToArray(), "application/json", 400), (content!, "text/plain", 415), (new byte[2_000_000], "application/json", 413) })
            {
                var said = await Send(target, bytes, type, sender.Authorization);
                Note(() => Assert.True(status == (int)said.Status, $"{what} answers {said.Status} instead of {status}: {said.Body}"));
                Compare(said, mayBeOther: false);
            }
        }

        string Target(string ofPeer, string ofApp) => what.Path
            .Replace("{id}", ofPeer, StringComparison.Ordinal)
            .Replace("{call}", ofPeer, StringComparison.Ordinal)
            .Replace("{name}", ofApp, StringComparison.Ordinal)
            .Replace("{permission}", "profile", StringComparison.Ordinal)
            .Replace("{path}", path, StringComparison.Ordinal) + query;

        void Compare(Said said, bool mayBeOther) => Note(() =>
            api.CheckAnswer(what, (int)said.Status, said.Answer.Content.Headers.ContentType?.MediaType, said.Body, mayBeOther));

        void Note(Action check)
        {
            try
            {
                check();
            }
            catch (Xunit.Sdk.XunitException fault)
            {
                faults.Add(fault.Message);
            }
        }

        async Task<Said> Send(string to, byte[]? bytes, string type, AuthenticationHeaderValue? authorization)
        {
            using var request = new HttpRequestMessage(what.Method, new Uri(sender.Base, to));
            if (bytes is not null)
            {
                request.Content = new ByteArrayContent(bytes);
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(raw is null ? type : rawType);
                request.Headers.ExpectContinue = bytes.Length > 10_000; // what is too large is answered before it is sent
            }

            foreach (var (field, value) in headers)
                request.Headers.TryAddWithoutValidation(field, value);
            callers++;
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", $"198.18.{callers >> 8}.{callers & 255}"); // each has a limit of its own
            request.Headers.Host ??= sender.Host;
            request.Headers.Authorization = authorization;
            var answer = await anyone.SendAsync(request, TestContext.Current.CancellationToken);
            var isEndless = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
            return new Said(answer.StatusCode, isEndless ? "" : await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), answer);
        }
    }

    /// <param name="Host">Null for that of the address.</param>
    private sealed record Sender(Uri Base, string? Host, AuthenticationHeaderValue? Authorization);

    /// <summary>A form with the picture in the part <c>file</c>.</summary>
    private static byte[] Form(byte[] picture) =>
    [
        .. "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\n"u8, .. picture,
        .. "\r\n--part--\r\n"u8,
    ];

    private static byte[] Picture()
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Teal);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
