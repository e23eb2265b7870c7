using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Fake;

/// <summary>What a peer has answered in full to a call that was delivered later.</summary>
/// <param name="IsCut">Whether the answer broke off.</param>
internal sealed record PeerAnswer(int Status, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body, bool IsVerified, bool IsCut);

/// <summary>A call of the app to a peer: who may be called, what passes, and what comes back.</summary>
internal static class PeerCalls
{
    public static async Task Answer(FakePortal portal, HttpContext context)
    {
        var request = context.Request;
        var (id, target) = CallTarget.Split(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        var method = SignedForm.Method(request.Method);
        var peer = Callable(portal, id.Span);
        if (DeferralHeaders.IsWanted(request.Headers))
        {
            await DeferredCallRoutes.Accept(portal, peer, method, target, context);
            return;
        }

        var headers = Passing(portal, request.Headers);
        var body = context.WebSockets.IsWebSocketRequest ? [] : await Read(request, portal.Options.MaxBodyBytes, context.RequestAborted);
        var call = new ReceivedCall(peer.Id, peer.Name, method, target, headers, body);
        portal.Record(call);

        var answer = await Next(peer, context.RequestAborted);
        if (peer.App is { } app)
            await Run(app, portal, context, call);
        else if (context.WebSockets.IsWebSocketRequest)
            await Echo(context);
        else
            await Write(answer, context);
    }

    /// <summary>Has a peer answer a call that is delivered later.</summary>
    /// <exception cref="RefusedException">The peer's script has a fault.</exception>
    public static async Task<PeerAnswer> Deliver(FakePortal portal, FakePeer peer, ReceivedCall call, CancellationToken ct)
    {
        RequireMutual(peer);
        var answer = await Next(peer, ct);
        var context = new DefaultHttpContext { RequestAborted = ct };
        var body = new MemoryStream();
        context.Response.Body = body;
        if (peer.App is { } app)
            await Run(app, portal, context, call);
        else if (answer.Fault is null)
            await Write(answer, context);
        var fields = context.Response.Headers.Where(field => HeaderFilter.Passes(field.Key, null))
            .ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        return new(context.Response.StatusCode, fields, body.ToArray(), answer.IsVerified, answer.Fault == FakeAnswer.Cut);
    }

    /// <returns>What the peer's script says next, when it is due.</returns>
    /// <exception cref="RefusedException">It is a fault.</exception>
    private static async Task<FakeAnswer> Next(FakePeer peer, CancellationToken ct)
    {
        var answer = peer.NextAnswer();
        await Task.Delay(answer.Delay, TimeProvider.System, ct);
        return answer.Refusal() is { } refusal ? throw refusal : answer;
    }

    private static FakePeer Callable(FakePortal portal, ReadOnlySpan<char> id)
    {
        var written = id.ToString(); // full or short, in no other spelling
        var peer = portal.Peers.FirstOrDefault(peer => peer.IsVisible && (peer.Id == written || peer.ShortId == written))
            ?? throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "There is no such peer, or this app may not see it.");
        RequireMutual(peer);
        return peer;
    }

    private static void RequireMutual(FakePeer peer)
    {
        if (peer.Status != "mutual")
            throw new RefusedException(RefusalKind.Conflict, "peering_not_mutual", "The peer has not added this Portal, or has removed it again.");
    }

    /// <returns>The header fields that the core passes on.</returns>
    public static Dictionary<string, string> Passing(FakePortal portal, IHeaderDictionary headers)
    {
        var connection = headers.Connection.Count == 0 ? null : headers.Connection.ToString();
        return headers
            .Where(header => HeaderFilter.Passes(header.Key, connection))
            .Where(header => !header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || Bearer.Token(header.Value) != portal.Token)
            .ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
    }

    /// <exception cref="RefusedException"><c>body_too_large</c></exception>
    public static async Task<byte[]> Read(HttpRequest request, int most, CancellationToken ct)
    {
        using var body = new MemoryStream();
        var piece = new byte[16 << 10];
        for (int read; (read = await request.Body.ReadAsync(piece, ct)) > 0;)
        {
            if (body.Length + read > most)
                throw new RefusedException(RefusalKind.TooLarge, "body_too_large", $"The body has more than {most} bytes.");
            body.Write(piece, 0, read);
        }

        return body.ToArray();
    }

    /// <summary>The peer's app sees what its own Portal's proxy would send it.</summary>
    private static Task Run(RequestDelegate app, FakePortal portal, HttpContext context, ReceivedCall call)
    {
        var (request, target) = (context.Request, call.Target);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var socket = context.WebSockets.IsWebSocketRequest;
        if (!socket)
        {
            request.Headers.Clear();
            foreach (var (name, value) in call.Headers)
                request.Headers[name] = value;
            request.Body = new MemoryStream(call.Body.ToArray());
        }

        request.Method = call.Method;
        request.Path = PathString.FromUriComponent(query < 0 ? target : target[..query]);
        request.QueryString = new QueryString(query < 0 ? "" : target[query..]);
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        request.Headers["X-Ptl-Client-Type"] = "peer";
        request.Headers["X-Ptl-Client-Id"] = portal.Id;
        request.Headers["Content-Digest"] = ProxyHandler.Digest(call.Body.Span);
        if (!socket)
            KeepPassing(context.Response, verified: true);
        return app(context);
    }

    private static async Task Write(FakeAnswer answer, HttpContext context)
    {
        var (response, body) = (context.Response, Encoding.UTF8.GetBytes(answer.Body ?? ""));
        response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
            response.Headers[name] = value;
        KeepPassing(response, verified: answer is { Fault: null, IsVerified: true });
        if (answer.Fault == FakeAnswer.Cut)
        {
            response.ContentLength = body.Length + 1; // at least one byte does not come, for which Kestrel closes the connection
            await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted);
        }
        else if (body.Length > 0)
        {
            await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    /// <summary>Removes what the core does not pass on of a peer's answer, and says that the core has verified it.</summary>
    private static void KeepPassing(HttpResponse response, bool verified) => response.OnStarting(() =>
    {
        foreach (var name in response.Headers.Keys.Where(name => !HeaderFilter.Passes(name, null) && name != "Transfer-Encoding").ToList())
            response.Headers.Remove(name);
        if (verified)
            response.Headers["X-Ptl-Answer-Verified"] = "1";
        return Task.CompletedTask;
    });

    private static async Task Echo(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[16 << 10];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close)
                break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }
}
