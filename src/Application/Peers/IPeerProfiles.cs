using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>What a peer says of itself, for its page alone: nobody has checked it.</summary>
/// <param name="Description">Markdown.</param>
/// <param name="PictureTag">What the peer calls this version of its picture (RFC 9110, ETag).</param>
public sealed record PeerProfile(string? Description, bool HasPicture, string? PictureTag)
{
    public static readonly PeerProfile None = new(null, false, null);
}

/// <summary>Table <c>peer_profiles</c>: one row per peer that is in the list and was reached, as it described itself then.</summary>
public interface IPeerProfiles
{
    Task<PeerProfile> Find(PortalId portal, ShortId peer, CancellationToken ct);

    /// <returns>A whole <see cref="AvatarImage"/>; null: none.</returns>
    Task<byte[]?> ReadPicture(PortalId portal, ShortId peer, CancellationToken ct);

    /// <summary>Does nothing where the peer was removed meanwhile.</summary>
    Task KeepDescription(PortalId portal, ShortId peer, string? description, CancellationToken ct);

    /// <summary>Of a peer whose description was kept, none included; null: it shows none.</summary>
    Task KeepPicture(PortalId portal, ShortId peer, byte[]? picture, string? tag, CancellationToken ct);

    /// <summary>Deletes the profile when the session commits.</summary>
    void Drop(IDocumentSession session, ShortId peer);
}
