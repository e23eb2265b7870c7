using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>News of peers as apps get them, streamed or posted.</summary>
public static class PeerNewsWire
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public static string Name(this PeerNewsKind kind) => kind switch
    {
        PeerNewsKind.Visible => "peer_visible",
        PeerNewsKind.Renamed => "peer_renamed",
        PeerNewsKind.Mutual => "peer_mutual",
        PeerNewsKind.Withdrawn => "peer_withdrawn",
        PeerNewsKind.Reachable => "peer_reachable",
        PeerNewsKind.Unreachable => "peer_unreachable",
        PeerNewsKind.Changed => "peer_changed",
        _ => "peer_removed",
    };

    /// <summary>The peer as JSON: its whole state, or the IDs of one that was removed.</summary>
    public static string Data(this PeerNews news) => JsonSerializer.Serialize(DataOf(news), Json);

    /// <summary>The body of a webhook, as Standard Webhooks recommends it: <c>type</c>, <c>timestamp</c> and <c>data</c>.</summary>
    public static string Webhook(this PeerNews news, DateTimeOffset at) =>
        JsonSerializer.Serialize(new Posted(news.Kind.Name(), at.UtcDateTime, DataOf(news)), Json);

    private static object DataOf(PeerNews news) => news.Kind == PeerNewsKind.Removed
        ? new RemovedPeer(news.Peer.Id, news.Peer.Short)
        : new PresentPeer(news.Peer.Id, news.Peer.Short, news.Peer.Name, news.Peer.Domain, news.Peer.Status, news.Peer.IsReachable);

    private sealed record Posted(string Type, DateTime Timestamp, object Data);

    private sealed record PresentPeer(string Id, ShortId ShortId, string Name, string Domain, PeerStatus Status, bool? IsReachable);

    private sealed record RemovedPeer(string Id, ShortId ShortId);
}
