using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Draws <c>icon.svg</c> as a PNG for the home screen of a phone, which takes no SVG: an arch within an arch. The ground fills the whole square and the
/// arches lie in the middle 80 %, so that the system may cut it to any shape (Web App Manifest, <c>maskable</c>).
/// </summary>
internal static class PhoneIcon
{
    /// <summary>The sizes that Android and iOS ask for, in pixels.</summary>
    public static readonly int[] Sizes = [192, 512];

    private const int Samples = 3;
    private static readonly (byte R, byte G, byte B) Ground = (0x1d, 0x5b, 0x52);
    private static readonly (byte R, byte G, byte B) Outer = (0xbf, 0xe5, 0xda);
    private static readonly (byte R, byte G, byte B) Inner = (0xf3, 0xd9, 0xa4);
    private static readonly ConcurrentDictionary<int, byte[]> Drawn = new();

    public static string Url(int size) => $"/icons/{size.ToString(CultureInfo.InvariantCulture)}.png";

    public static void Map(IEndpointRouteBuilder pages) => pages.MapGet("/icons/{size:int}.png", (int size, HttpResponse response) =>
    {
        if (!Sizes.Contains(size))
            return Results.NotFound();

        response.Headers.CacheControl = "public, max-age=86400";
        return Results.Bytes(Drawn.GetOrAdd(size, Draw), "image/png");
    });

    internal static byte[] Draw(int size)
    {
        using var pixels = new MemoryStream();
        using (var packed = new ZLibStream(pixels, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var row = new byte[1 + (size * 3)]; // the first byte of a row says that it is not filtered
            for (var y = 0; y < size; y++)
            {
                for (var x = 0; x < size; x++)
                    (row[1 + (x * 3)], row[2 + (x * 3)], row[3 + (x * 3)]) = Pixel(x, y, 48.0 / size);
                packed.Write(row);
            }
        }

        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, size);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), size);
        (head[8], head[9]) = (8, 2); // eight bits for each of red, green and blue
        return [0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR", head), .. Chunk("IDAT", pixels.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>The mean of several points of the pixel, so that edges are smooth.</summary>
    private static (byte R, byte G, byte B) Pixel(int x, int y, double scale)
    {
        var (r, g, b) = (0, 0, 0);
        for (var i = 0; i < Samples * Samples; i++)
        {
            var colour = Colour((x + ((0.5 + (i % Samples)) / Samples)) * scale, (y + ((0.5 + (i / Samples)) / Samples)) * scale);
            (r, g, b) = (r + colour.R, g + colour.G, b + colour.B);
        }

        return ((byte)(r / (Samples * Samples)), (byte)(g / (Samples * Samples)), (byte)(b / (Samples * Samples)));
    }

    /// <param name="x">In the units of the SVG, 0 to 48.</param>
    private static (byte R, byte G, byte B) Colour(double x, double y)
    {
        // 80 % of the size, around the middle of the arches
        (x, y) = (24 + ((x - 24) / 0.8), 26 + ((y - 24) / 0.8));
        if (FromArch(x, y, 24, 10) <= 2)
            return Outer;
        return FromArch(x, y, 25, 3.5) <= 1.7 ? Inner : Ground;
    }

    /// <summary>The distance to an arch around x = 24: half a circle on two legs that stand at y = 38.</summary>
    private static double FromArch(double x, double y, double top, double radius)
    {
        var aside = Math.Abs(x - 24);
        if (y < top)
            return Math.Abs(Math.Sqrt((aside * aside) + ((y - top) * (y - top))) - radius);
        var below = Math.Max(0, y - 38);
        return Math.Sqrt(((aside - radius) * (aside - radius)) + (below * below));
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(type), .. data];
        var (length, check) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(check, Crc32.HashToUInt32(named));
        return [.. length, .. named, .. check];
    }
}
