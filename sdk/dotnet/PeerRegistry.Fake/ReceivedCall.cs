using System.Text;

namespace PeerRegistry.Fake;

/// <summary>A call that the app made, as it reached the peer, or would have reached it.</summary>
/// <param name="Peer">The full ID of the peer.</param>
/// <param name="PeerName">Its name then.</param>
/// <param name="Target">Path and query at the peer's app.</param>
/// <param name="Headers">Those that the core passes on, ignoring case.</param>
public sealed record ReceivedCall(
    string Peer, string PeerName, string Method, string Target, IReadOnlyDictionary<string, string> Headers, ReadOnlyMemory<byte> Body)
{
    /// <summary>The body as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Body.Span);
}
