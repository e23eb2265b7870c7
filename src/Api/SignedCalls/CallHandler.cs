using PeerRegistry.Api.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>The last step of a forwarded request: it is sent as a command.</summary>
/// <param name="caller">The app.</param>
/// <param name="peer">As it stands in the path: full or short ID.</param>
/// <param name="target">Path and query at the peer's app, to the byte.</param>
/// <param name="upgrade">To <c>websocket</c>.</param>
/// <param name="aborted">Canceled when the app has hung up.</param>
internal sealed class CallHandler(HotPath hotPath, AppCaller caller, ReadOnlyMemory<char> peer, string target, bool upgrade, CancellationToken aborted)
    : HttpMessageHandler
{
    public bool Upgrade => upgrade;

    /// <summary>What is sent in place of YARP's content, which YARP lets nobody replace earlier. Null if there is none.</summary>
    public HttpContent? Content { get; set; }

    /// <summary>Null until the peer has responded.</summary>
    public PeerCallAnswer? Answer { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Content = Content;
        Answer = await hotPath.Send(new CallPeer(caller.Portal, caller.App, peer, target, request, upgrade), aborted);
        return Answer.Message;
    }
}
