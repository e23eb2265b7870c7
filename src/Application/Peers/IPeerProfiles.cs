using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>How a peer describes itself. It is not verified and is shown on the peer's page only.</summary>
/// <param name="Description">Markdown.</param>
/// <param name="PictureTag">The peer's <c>ETag</c> of its picture (RFC 9110, section 8.8.3).</param>
public sealed record PeerProfile(string? Description, bool HasPicture, string? PictureTag)
{
    public static readonly PeerProfile None = new(null, false, null);
}

/// <summary>Table <c>peer_profiles</c>: one row per peer that is in the list and was reached, as it described itself then.</summary>
public interface IPeerProfiles
{
    Task<PeerProfile> Find(PortalId portal, ShortId peer, CancellationToken ct);

    /// <returns>Those of the peers that have a picture.</returns>
    Task<IReadOnlySet<ShortId>> WithPicture(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct);

    /// <returns>A complete <see cref="AvatarImage"/>, or null if there is none.</returns>
    Task<byte[]?> ReadPicture(PortalId portal, ShortId peer, CancellationToken ct);

    /// <summary>Does nothing if the peer has been removed meanwhile.</summary>
    Task KeepDescription(PortalId portal, ShortId peer, string? description, CancellationToken ct);

    /// <summary>Stores the picture of a peer that has a profile, or null if it has no picture.</summary>
    Task KeepPicture(PortalId portal, ShortId peer, byte[]? picture, string? tag, CancellationToken ct);

    /// <summary>Deletes the profile when the session commits.</summary>
    void Drop(IDocumentSession session, ShortId peer);
}
