using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Which peers of the contact list are meant. A null member lets all through.</summary>
/// <param name="Text">Part of a name, of the domain or of the owner's note, ignoring case and accents; or the beginning of an ID.</param>
/// <param name="App">The name of an app that may see the peer.</param>
/// <param name="Circle">A circle that the peer is in.</param>
public sealed record PeerFilter(string? Text = null, PeerStanding? Standing = null, string? App = null, CircleId? Circle = null)
{
    public static readonly PeerFilter All = new();
}

/// <summary>Finds peers of the contact list by name, ordered by name. Peers without a name come last.</summary>
public static class PeerSearch
{
    /// <summary>The peers of a snapshot never change, so they are prepared once.</summary>
    private static readonly ConditionalWeakTable<ImmutableDictionary<ShortId, Peer>, Entry[]> Prepared = [];

    /// <summary>The number of peers in the contact list.</summary>
    public static int ListedPeers(this PortalSnapshot snapshot) => Prepared.GetValue(snapshot.Peers, Prepare).Length;

    public static IEnumerable<Peer> FindPeers(this PortalSnapshot snapshot, PeerFilter filter)
    {
        var wanted = filter.Text is null ? null : Likeness.Of(filter.Text.Trim());
        var app = filter.App is null ? null : snapshot.Apps.GetValueOrDefault(filter.App);
        foreach (var (peer, text) in Prepared.GetValue(snapshot.Peers, Prepare))
        {
            if ((wanted is null || text.Contains(wanted, StringComparison.Ordinal) || HasId(peer, filter.Text!))
                && (filter.Standing is null || peer.Standing() == filter.Standing)
                && (filter.App is null || app?.Shows(peer) == true)
                && (filter.Circle is not { } circle || peer.Circles.Contains(circle)))
                yield return peer;
        }
    }

    private static bool HasId(Peer peer, string text) => TypedPortalId.TryParse(text, out var typed)
        ? peer.MayBe(typed)
        : peer.Short.Value.StartsWith(text.Trim(), StringComparison.OrdinalIgnoreCase);

    private static Entry[] Prepare(ImmutableDictionary<ShortId, Peer> peers) =>
    [
        .. peers.Values.Where(peer => peer.Listed)
            .OrderBy(peer => (peer.Petname ?? peer.ClaimedName) is null)
            .ThenBy(peer => Likeness.Of(peer.Name), StringComparer.Ordinal)
            .ThenBy(peer => peer.Short.Value, StringComparer.Ordinal)
            .Select(peer => new Entry(peer, Likeness.Of($"{peer.Petname}\n{peer.ClaimedName}\n{peer.Domain}\n{peer.Note}"))),
    ];

    /// <param name="Text">Everything that can be found, prepared for comparing.</param>
    private readonly record struct Entry(Peer Peer, string Text);
}
