using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Fake;

/// <summary><c>/fake</c>: what a test in any language does with the fake. It asks for no token.</summary>
internal static class ControlApi
{
    private const int MaxBytes = 16 << 20;
    private static readonly string[] Statuses = ["mutual", "pending", "withdrawn"];

    public static async Task Answer(FakePortal portal, HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaxBytes;
        switch (context.Request.Method, context.Request.Path.Value!.Trim('/').Split('/'))
        {
            case ("GET", ["fake"]):
                await Write(context, Describe(portal), FakeJson.Default.PortalItem);
                return;
            case ("DELETE", ["fake"]):
                portal.Reset();
                break;
            case ("GET", ["fake", "peers"]):
                await Write(context, [.. portal.Peers.Select(PeerScript.Of)], FakeJson.Default.PeerScriptArray);
                return;
            case ("PUT", ["fake", "peers", var name]):
                var script = await Read(context.Request, FakeJson.Default.PeerScript);
                await Write(context, PeerScript.Of(Change(portal, name, script)), FakeJson.Default.PeerScript);
                return;
            case ("DELETE", ["fake", "peers", var name]):
                portal.Remove(portal.Find(name) ?? throw Unknown(name));
                break;
            case ("GET", ["fake", "calls"]):
                await Write(context, [.. portal.Calls.Select(CallItem.Of)], FakeJson.Default.CallItemArray);
                return;
            case ("DELETE", ["fake", "calls"]):
                portal.ForgetCalls();
                break;
            case ("DELETE", ["fake", "deferred", var id]):
                portal.Deferred.Cancel(DeferredCallRoutes.Find(portal, id));
                break;
            case ("PUT", ["fake", "permissions", var permission]):
                Grant(portal, permission, (await Read(context.Request, FakeJson.Default.GrantScript)).Granted);
                break;
            case ("POST", ["fake", "requests"]):
                var request = await Read(context.Request, FakeJson.Default.ProxiedRequest);
                await Write(context, await Send(portal, request, context.RequestAborted), FakeJson.Default.ProxiedAnswer);
                return;
            case ("POST", ["fake", "events"]):
                var posted = await Read(context.Request, FakeJson.Default.PostedEventScript);
                await Write(context, await Post(portal, posted, context.RequestAborted), FakeJson.Default.ProxiedAnswer);
                return;
            default:
                await Problem.OfStatus(StatusCodes.Status404NotFound).Write(context);
                return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public static PortalItem Describe(FakePortal portal) =>
        new(portal.Core.GetLeftPart(UriPartial.Authority), portal.Token, portal.App, portal.Id, portal.Domain, portal.ProxySecret);

    private static FakePeer Change(FakePortal portal, string name, PeerScript script)
    {
        if (script.Status is { } given && !Statuses.Contains(given))
            throw Invalid($"status is one of {string.Join(", ", Statuses)}.");
        FakeAnswer[]? answers;
        try
        {
            answers = script.Answers?.Select(answer => answer.Read()).ToArray();
        }
        catch (ArgumentException unknown)
        {
            throw Invalid(unknown.Message);
        }

        var peer = portal.Find(name) ?? portal.AddPeer(name);
        peer.Name = script.Name ?? peer.Name;
        peer.IsVisible = script.IsVisible ?? peer.IsVisible;
        peer.Status = script.Status ?? peer.Status;
        peer.IsReachable = script.IsReachable ?? peer.IsReachable;
        peer.HasApp = script.HasApp ?? peer.HasApp;
        peer.Answers = answers ?? peer.Answers;
        return peer;
    }

    private static void Grant(FakePortal portal, string permission, bool granted)
    {
        try
        {
            portal.Grant(permission, granted);
        }
        catch (ArgumentException unknown)
        {
            throw Invalid(unknown.Message);
        }
    }

    private static async Task<ProxiedAnswer> Send(FakePortal portal, ProxiedRequest asked, CancellationToken ct)
    {
        var caller = asked.As switch
        {
            "terminal" => FakeCaller.Owner(),
            "peer" => FakeCaller.Peer(portal.Find(asked.Peer ?? "") ?? throw Unknown(asked.Peer ?? "")),
            "anonymous" => FakeCaller.Anonymous,
            _ => throw Invalid("as is one of terminal, peer, anonymous."),
        };
        RequireApp(portal);
        if (!asked.Target.StartsWith('/'))
            throw Invalid("target begins with a slash.");

        caller = caller with { Secret = asked.Secret ?? Sent.Right, Digest = asked.Digest ?? Sent.Right, BodyVerified = asked.BodyVerified ?? false };
        using var client = portal.Client(caller);
        using var request = new HttpRequestMessage(HttpMethod.Parse(asked.Method ?? "GET"), asked.Target);
        if (asked.Body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(asked.Body));
        foreach (var (name, value) in asked.Headers ?? [])
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        return await AnswerOf(client.SendAsync(request, ct), ct);
    }

    private static async Task<ProxiedAnswer> Post(FakePortal portal, PostedEventScript asked, CancellationToken ct)
    {
        RequireApp(portal);
        if (portal.WebhookPath is null)
            throw Invalid("The description of the app names no webhook; start the fake with --app-meta.");
        if (!FakeEvents.Types.Contains(asked.Type))
            throw Invalid($"type is one of {string.Join(", ", FakeEvents.Types)}.");
        var peer = portal.Find(asked.Peer) ?? throw Unknown(asked.Peer);
        return await AnswerOf(portal.PostEvent(peer, asked.Type, asked.Signature ?? Sent.Right, ct: ct), ct);
    }

    private static void RequireApp(FakePortal portal)
    {
        if (portal.Options.AppUrl is null)
            throw Invalid("The fake does not know where the app under test listens; start it with --app-url.");
    }

    private static async Task<ProxiedAnswer> AnswerOf(Task<HttpResponseMessage> sent, CancellationToken ct)
    {
        try
        {
            using var answer = await sent;
            return new ProxiedAnswer((int)answer.StatusCode, Fields(answer.Headers, answer.Content.Headers), await answer.Content.ReadAsStringAsync(ct));
        }
        catch (HttpRequestException failure)
        {
            throw new RefusedException(RefusalKind.Unavailable, "app_unavailable", $"The app under test cannot be reached. {failure.Message}");
        }
    }

    private static Dictionary<string, string> Fields(params HttpHeaders[] heads) =>
        heads.SelectMany(head => head.NonValidated).ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.OrdinalIgnoreCase);

    private static RefusedException Unknown(string name) => new(RefusalKind.NotFound, "peer_unknown", $"The fake has no peer {name}.");

    private static RefusedException Invalid(string message) => new(RefusalKind.Invalid, "request_invalid", message);

    /// <summary>Requires the content type of JSON, with which no page in a browser can send from another origin without being allowed to.</summary>
    private static async Task<T> Read<T>(HttpRequest request, JsonTypeInfo<T> type)
    {
        if (!request.HasJsonContentType())
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status415UnsupportedMediaType);
        try
        {
            return await request.ReadFromJsonAsync(type, request.HttpContext.RequestAborted) ?? throw new JsonException("null");
        }
        catch (JsonException json)
        {
            throw new RefusedException(RefusalKind.Invalid, "json_invalid", json.Message);
        }
    }

    private static Task Write<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        context.Response.WriteAsJsonAsync(value, type, cancellationToken: context.RequestAborted);
}
