using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// The type of a file that the owner uploads as a picture, as its first bytes tell it, and how large a picture of this type may be. Unlike
/// <see cref="AvatarImage"/> it may have more behind the picture, as photos of many phones do, since the file itself is never stored.
/// </summary>
/// <param name="MaxPixels">The maximum of width times height. It bounds the memory that decoding takes.</param>
public sealed record UploadedPicture(string MediaType, int MaxPixels)
{
    /// <summary>In bytes.</summary>
    public const int MaxLength = 8 << 20;

    /// <summary>The maximum width and height in pixels before it is scaled down.</summary>
    public const int MaxSide = 16_384;

    /// <summary>The width and height of the avatar that is made of it, in pixels, unless the picture is smaller.</summary>
    public const int Side = 512;

    /// <summary>A JPEG in one scan is decoded at a fraction of its size. Everything else needs room for all of its pixels.</summary>
    private const int MaxPixelsInOneScan = 64_000_000;

    private const int MaxPixelsOtherwise = 24_000_000;

    /// <summary>Encoders write about ten scans. Each further one costs another pass over the whole picture.</summary>
    private const int MaxScans = 32;

    /// <exception cref="RefusedException"><c>avatar_too_large</c>; <c>avatar_heic</c>; <c>avatar_invalid</c></exception>
    public static UploadedPicture Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new RefusedException(RefusalKind.TooLarge, "avatar_too_large", "A picture has at most 8 MiB.");
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]))
            return new("image/png", MaxPixelsOtherwise);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return new("image/jpeg", Scans(bytes) == 1 ? MaxPixelsInOneScan : MaxPixelsOtherwise);
        if (bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8))
            return new("image/gif", MaxPixelsOtherwise);
        if (bytes.StartsWith("RIFF"u8) && bytes.Length >= 12 && bytes[8..12].SequenceEqual("WEBP"u8))
            return new("image/webp", MaxPixelsOtherwise);

        throw IsHeic(bytes)
            ? new RefusedException(RefusalKind.Invalid, "avatar_heic",
                "This is a HEIC or AVIF photo, which not every browser can show. Save it as a JPEG and choose that.")
            : new RefusedException(RefusalKind.Invalid, "avatar_invalid", "This file is not a picture. Choose a JPEG, PNG, WebP or GIF.");
    }

    /// <exception cref="RefusedException"><c>avatar_invalid</c></exception>
    public void Check(int width, int height)
    {
        if (width is < 1 or > MaxSide || height is < 1 or > MaxSide || (long)width * height > MaxPixels)
        {
            throw new RefusedException(RefusalKind.Invalid, "avatar_invalid",
                $"This picture has too many pixels: at most {MaxPixels / 1_000_000} million are possible for its kind. Make it smaller and try again.");
        }
    }

    /// <summary>HEIF and AVIF files (ISO/IEC 23008-12) begin with a box of the type <c>ftyp</c>.</summary>
    private static bool IsHeic(ReadOnlySpan<byte> bytes) => bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8);

    /// <summary>Counts the start-of-scan markers of a JPEG up to its end. In a scan, 0xFF is data if 0x00 follows.</summary>
    private static int Scans(ReadOnlySpan<byte> bytes)
    {
        var scans = 0;
        for (var rest = bytes[2..]; rest.IndexOf((byte)0xFF) is >= 0 and var at && at + 3 < rest.Length && rest[at + 1] != 0xD9;)
        {
            var marker = rest[at + 1];
            var isSegment = marker is not (0x00 or 0x01 or 0xFF or (>= 0xD0 and <= 0xD8));
            if (marker == 0xDA && ++scans > MaxScans)
                throw new RefusedException(RefusalKind.Invalid, "avatar_invalid", "This JPEG is put together in an unusual way. Save it anew and try again.");

            var skip = at + 1 + (isSegment ? 1 + ((rest[at + 2] << 8) | rest[at + 3]) : marker == 0xFF ? 0 : 1);
            rest = skip < rest.Length ? rest[skip..] : [];
        }

        return scans;
    }
}
