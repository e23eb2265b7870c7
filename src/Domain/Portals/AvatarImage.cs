using System.Buffers.Binary;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// An image that is accepted as an avatar: PNG, JPEG, WebP or GIF. Its bytes alone determine its type; they are read from the first block
/// to the last. Data after the last block is refused, because a file that is also valid in a second format has its second part there.
/// </summary>
public sealed record AvatarImage(string MediaType, int Width, int Height)
{
    /// <summary>In bytes.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>The maximum width and height in pixels.</summary>
    public const int MaxSide = 4096;

    /// <exception cref="RefusedException"><c>avatar_too_large</c>; <c>avatar_invalid</c></exception>
    public static AvatarImage Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength)
            throw new RefusedException(RefusalKind.TooLarge, "avatar_too_large", "A picture has at most 1 MiB.");

        var image = PngFile.Sniff(bytes) ?? JpegFile.Sniff(bytes) ?? GifFile.Sniff(bytes) ?? WebpFile.Sniff(bytes)
            ?? throw Refused("Only complete PNG, JPEG, WebP and GIF pictures are accepted, with nothing else in the file.");
        if (image.Width is < 1 or > MaxSide || image.Height is < 1 or > MaxSide)
            throw Refused($"A picture may be at most {MaxSide} pixels wide and high.");

        return image;
    }

    private static RefusedException Refused(string message) => new(RefusalKind.Invalid, "avatar_invalid", message);
}

/// <summary>PNG (ISO/IEC 15948): a signature, an IHDR chunk, further chunks up to IEND.</summary>
file static class PngFile
{
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    public static AvatarImage? Sniff(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.StartsWith(Signature) || bytes.Length < 33 || !bytes[12..16].SequenceEqual("IHDR"u8))
            return null;

        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]));
        for (var rest = bytes[Signature.Length..]; rest.Length >= 12;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - 12)
                return null;

            var type = rest[4..8];
            rest = rest[(int)(12 + length)..];
            if (type.SequenceEqual("IEND"u8))
                return rest.IsEmpty ? new AvatarImage("image/png", Clamp(width), Clamp(height)) : null;
        }

        return null;
    }

    private static int Clamp(uint side) => (int)Math.Min(side, int.MaxValue);
}

/// <summary>JPEG (ITU-T T.81): segments with one frame header among them, scans, and EOI.</summary>
file static class JpegFile
{
    private const byte EndOfImage = 0xD9;

    public static AvatarImage? Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4 || bytes[0] != 0xFF || bytes[1] != 0xD8)
            return null;

        var rest = bytes[2..];
        AvatarImage? frame = null;
        while (rest.Length >= 2 && rest[0] == 0xFF)
        {
            var marker = rest[1];
            rest = rest[2..];
            if (marker == EndOfImage)
                return rest.IsEmpty ? frame : null;
            if (marker is 0xFF or 0x00 or 0x01 or >= 0xD0 and <= 0xD8 || rest.Length < 2)
                return null;

            var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length < 2 || length > rest.Length)
                return null;

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                if (frame is not null || length < 8)
                    return null;

                frame = new AvatarImage("image/jpeg", BinaryPrimitives.ReadUInt16BigEndian(rest[5..]), BinaryPrimitives.ReadUInt16BigEndian(rest[3..]));
            }

            rest = rest[length..];
            if (marker == 0xDA)
                rest = AfterScan(rest);
        }

        return null;
    }

    /// <summary>Inside a scan, 0xFF followed by 0x00 or a restart marker is data; 0xFF followed by anything else ends the scan.</summary>
    private static ReadOnlySpan<byte> AfterScan(ReadOnlySpan<byte> rest)
    {
        for (var i = 0; i + 1 < rest.Length; i++)
        {
            if (rest[i] == 0xFF && rest[i + 1] is not (0x00 or (>= 0xD0 and <= 0xD7)))
                return rest[i..];
        }

        return [];
    }
}

/// <summary>GIF87a and GIF89a: a screen descriptor, blocks of sub-blocks, and a trailer.</summary>
file static class GifFile
{
    public static AvatarImage? Sniff(ReadOnlySpan<byte> bytes)
    {
        if ((!bytes.StartsWith("GIF87a"u8) && !bytes.StartsWith("GIF89a"u8)) || bytes.Length < 14)
            return null;

        var image = new AvatarImage("image/gif", BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]));
        var at = 13 + ColourTable(bytes[10]);
        while (at < bytes.Length)
        {
            switch (bytes[at])
            {
                case 0x3B:
                    return at == bytes.Length - 1 ? image : null;
                case 0x21 when at + 2 < bytes.Length:
                    at = AfterSubBlocks(bytes, at + 2);
                    break;
                case 0x2C when at + 10 < bytes.Length:
                    at = AfterSubBlocks(bytes, at + 10 + ColourTable(bytes[at + 9]) + 1);
                    break;
                default:
                    return null;
            }
        }

        return null;
    }

    private static int ColourTable(byte packed) => (packed & 0x80) == 0 ? 0 : 3 << ((packed & 7) + 1);

    private static int AfterSubBlocks(ReadOnlySpan<byte> bytes, int at)
    {
        while (at < bytes.Length && bytes[at] != 0)
            at += bytes[at] + 1;
        return at + 1;
    }
}

/// <summary>WebP (RFC 9649): a RIFF file whose length field is right and whose first chunk is VP8, VP8L or VP8X.</summary>
file static class WebpFile
{
    public static AvatarImage? Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 30 || !bytes.StartsWith("RIFF"u8) || !bytes[8..12].SequenceEqual("WEBP"u8))
            return null;
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != bytes.Length - 8)
            return null;

        var type = bytes[12..16];
        var data = bytes[20..];
        if (type.SequenceEqual("VP8X"u8))
            return new AvatarImage("image/webp", 1 + UInt24(data[4..]), 1 + UInt24(data[7..]));
        if (type.SequenceEqual("VP8L"u8) && data[0] == 0x2F)
        {
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return new AvatarImage("image/webp", 1 + (int)(packed & 0x3FFF), 1 + (int)((packed >> 14) & 0x3FFF));
        }

        return type.SequenceEqual("VP8 "u8) && data[3..6].SequenceEqual(new byte[] { 0x9D, 0x01, 0x2A })
            ? new AvatarImage("image/webp", BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF,
                BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF)
            : null;
    }

    private static int UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
}
