using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Makes avatars of the pictures that the owner uploads. Pictures of peers never come here: they are not decoded by the core.</summary>
public interface IPictures
{
    /// <summary>
    /// Decodes a picture, turns it upright, cuts out its middle and encodes it anew, so that nothing else of the file remains: no place, no time,
    /// no camera, no second file behind the picture.
    /// </summary>
    /// <param name="upload">A file of at most <see cref="UploadedPicture.MaxLength"/> bytes.</param>
    /// <returns>A JPEG or, if some of it is transparent, a WebP: square, of at most <see cref="UploadedPicture.Side"/> pixels.</returns>
    /// <exception cref="RefusedException">As <see cref="UploadedPicture.Read"/>; <c>avatar_invalid</c>; <c>busy</c></exception>
    Task<byte[]> MakeAvatar(ReadOnlyMemory<byte> upload, CancellationToken ct);
}
