using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Portals;
using SkiaSharp;

namespace PeerRegistry.Api.Tests.Portals;

/// <summary>What becomes of the pictures that owners upload, hostile ones among them.</summary>
public sealed class PictureTests : IDisposable
{
    // 32 by 16 pixels: the left half is green above red, the right half is blue
    private const string Baseline =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMj"
        + "IyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAQACADASIAAhEBAxEB/8QAFwABAAMAAAAAAAAAAAAAAAAAAAUGB//EABQQAQAAAAAAAAAA"
        + "AAAAAAAAAAD/xAAXAQADAQAAAAAAAAAAAAAAAAAEBQYI/8QAHBEAAQMFAAAAAAAAAAAAAAAAABUXYmSho+Hi/9oADAMBAAIRAxEAPwCWGaiHT5W2EtDWY+yoANUiM//Z";

    private const string Progressive =
        "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMj"
        + "IyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wgARCAAQACADASIAAhEBAxEB/8QAFwABAAMAAAAAAAAAAAAAAAAAAAQFBv/EABcBAAMBAAAAAAAA"
        + "AAAAAAAAAAMEBQf/2gAMAwEAAhADEAAAAZbNIZKcaoj/AP/EABQQAQAAAAAAAAAAAAAAAAAAADD/2gAIAQEAAQUCD//EABgRAAIDAAAAAAAAAAAAAAAAABAWY6Lh/9oACAEDAQE/AVCauj"
        + "//xAAWEQADAAAAAAAAAAAAAAAAAAAQFGH/2gAIAQIBAT8BXo//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAY/Ag//xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9oACAEBAAE/IQ//2gAM"
        + "AwEAAgADAAAAEAf/AP/EABQRAQAAAAAAAAAAAAAAAAAAABD/2gAIAQMBAT8QB//EABcRAAMBAAAAAAAAAAAAAAAAABAR4fD/2gAIAQIBAT8QwqP/xAAUEAEAAAAAAAAAAAAAAAAAAAAw/9"
        + "oACAEBAAE/EA//2Q==";

    private const string Cmyk =
        "/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwAIBgYHBgUIBwcHCQkICgwUDQwLCwwZEhMPFB0aHx4dGhwcICQuJyAiLCMcHCg3KSwwMTQ0NB8nOT04MjwuMzQy/9sAQwEJCQkMCwwYDQ0YMiEcITIyMj"
        + "IyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIy/8AAFAgAEAAgBAEiAAIRAQMRAQQiAP/EABcAAQEBAQAAAAAAAAAAAAAAAAAHBQb/xAAUEAEAAAAA"
        + "AAAAAAAAAAAAAAAA/8QAFwEAAwEAAAAAAAAAAAAAAAAABAUGCP/EABwRAAEDBQAAAAAAAAAAAAAAAAAVF2JkoaPh4v/aAA4EAQACEQMRBAAAPwDIFKFwoRvoGd6jycF/AdeAyqPAA//Z";

    private const string Webp =
        "UklGRlIAAABXRUJQVlA4IEYAAAAQAwCdASogABAAAgA0JaACdMoRwN4B+IH7AcYFygATH4AA/uMTf/+eO//2rg1WFZJf/vt997O3in/5H5FIvsHcJjwpCAAA";

    private const string Gif =
        "R0lGODlhIAAQAPEAAP8AAAD/AAAA/wAAACH5BAAAAAAALAAAAAAgABAAAAI1jI8Zwu0vlDywtjmtxVJXrngQmIgPiZgOSqkMAMfyDLgvjcO2kOd7j/sBZ8JhrGis2ZJHWwEAOw==";

    private static readonly byte[] Jpeg = Convert.FromBase64String(Baseline);

    private readonly Pictures pictures = new();

    [Theory]
    [InlineData(Baseline), InlineData(Progressive), InlineData(Cmyk), InlineData(Webp), InlineData(Gif)]
    public async Task The_middle_of_a_picture_of_any_kind_becomes_a_square_JPEG(string file)
    {
        var made = await pictures.MakeAvatar(Convert.FromBase64String(file), Ct);
        Assert.Equal(new AvatarImage("image/jpeg", 16, 16), AvatarImage.Sniff(made));
        Assert.Equal("green blue/red blue", Corners(made));
    }

    [Theory]
    [InlineData(1, "green blue/red blue"), InlineData(2, "blue green/blue red"), InlineData(3, "blue red/blue green"), InlineData(4, "red blue/green blue")]
    [InlineData(5, "green red/blue blue"), InlineData(6, "red green/blue blue"), InlineData(7, "blue blue/red green"), InlineData(8, "blue blue/green red")]
    public async Task A_photo_is_turned_as_its_camera_was_held(byte orientation, string corners) =>
        Assert.Equal(corners, Corners(await pictures.MakeAvatar(WithExif(Jpeg, orientation), Ct)));

    [Fact]
    public async Task Place_time_and_camera_of_a_photo_are_removed()
    {
        var photo = WithExif(Jpeg, 6);
        Assert.Contains("48.137154", Encoding.Latin1.GetString(photo), StringComparison.Ordinal);
        foreach (var made in new[] { await pictures.MakeAvatar(photo, Ct), await pictures.MakeAvatar(PngWithNotes(), Ct) })
        {
            var text = Encoding.Latin1.GetString(made);
            Assert.All(["48.137154", "Exif", "ICC_PROFILE", "EXIF", "XMP", "iCCP", "tEXt", "Camera"], word =>
                Assert.DoesNotContain(word, text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_second_file_behind_a_picture_is_dropped()
    {
        byte[] both = [.. Jpeg, .. "PK\u0003\u0004<script>alert(1)</script>"u8];
        var made = await pictures.MakeAvatar(both, Ct);
        AvatarImage.Sniff(made);
        Assert.DoesNotContain("script", Encoding.Latin1.GetString(made), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_photo_becomes_512_pixels_and_few_bytes()
    {
        using var noise = new SKBitmap(4032, 3024, SKColorType.Rgba8888, SKAlphaType.Opaque);
        System.Security.Cryptography.RandomNumberGenerator.Fill(noise.GetPixelSpan());
        using var photo = noise.Encode(SKEncodedImageFormat.Jpeg, 40);
        var made = await pictures.MakeAvatar(photo.ToArray(), Ct);
        Assert.Equal(new AvatarImage("image/jpeg", 512, 512), AvatarImage.Sniff(made));
        Assert.InRange(made.Length, 1, 256 << 10);
    }

    [Fact]
    public async Task A_transparent_picture_stays_transparent()
    {
        using var clear = new SKBitmap(40, 60, SKColorType.Rgba8888, SKAlphaType.Premul);
        clear.Erase(SKColors.Transparent);
        using var png = clear.Encode(SKEncodedImageFormat.Png, 100);
        var made = await pictures.MakeAvatar(png.ToArray(), Ct);
        Assert.Equal(new AvatarImage("image/webp", 40, 40), AvatarImage.Sniff(made));
        using var again = SKBitmap.Decode(made);
        Assert.Equal(0, again.GetPixel(20, 20).Alpha);
    }

    [Theory]
    [InlineData(30_000, 30_000), InlineData(16_385, 16), InlineData(0x7FFF_FFFF, 1), InlineData(5_000, 5_000)]
    public async Task A_PNG_that_says_it_is_huge_is_refused_before_memory_is_taken_for_it(int width, int height)
    {
        var file = Png(width, height, Deflated(new byte[1000]));
        var before = Environment.WorkingSet;
        Assert.Equal("avatar_invalid", (await Assert.ThrowsAsync<RefusedException>(() => pictures.MakeAvatar(file, Ct))).Code);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 64 << 20);
    }

    [Fact]
    public async Task A_PNG_whose_data_inflate_to_far_more_than_its_pixels_is_harmless()
    {
        var file = Png(16, 16, Deflated(new byte[64 << 20])); // a thousand times as much as it needs
        var before = Environment.WorkingSet;
        try
        {
            AvatarImage.Sniff(await pictures.MakeAvatar(file, Ct));
        }
        catch (RefusedException refused)
        {
            Assert.Equal("avatar_invalid", refused.Code);
        }

        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 64 << 20);
    }

    /// <summary>A progressive JPEG is left out: between two of its scans it is a whole picture, only coarser.</summary>
    [Theory]
    [InlineData(Baseline), InlineData(Cmyk), InlineData(Webp), InlineData(Gif)]
    public async Task A_picture_cut_off_anywhere_is_refused(string file)
    {
        var whole = Convert.FromBase64String(file);
        for (var length = 0; length < whole.Length - 32; length += 7)
            Assert.Equal("avatar_invalid", (await Assert.ThrowsAsync<RefusedException>(() => pictures.MakeAvatar(whole.AsMemory(0, length), Ct))).Code);
    }

    [Theory]
    [InlineData(Baseline), InlineData(Progressive), InlineData(Cmyk), InlineData(Webp), InlineData(Gif)]
    public async Task A_damaged_picture_is_refused_or_becomes_a_good_one(string file)
    {
        var random = new PeerRegistry.Tests.Dice(14);
        for (var round = 0; round < 200; round++)
        {
            var damaged = Convert.FromBase64String(file);
            for (var hits = 0; hits < 3; hits++)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                AvatarImage.Sniff(await pictures.MakeAvatar(damaged, Ct));
            }
            catch (RefusedException refused)
            {
                Assert.StartsWith("avatar_", refused.Code, StringComparison.Ordinal);
            }
        }
    }

    public void Dispose() => pictures.Dispose();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The colours of the four corners, line by line.</summary>
    private static string Corners(byte[] picture)
    {
        using var read = SKBitmap.Decode(picture);
        var (right, bottom) = (read.Width - 2, read.Height - 2);
        return $"{Name(1, 1)} {Name(right, 1)}/{Name(1, bottom)} {Name(right, bottom)}";

        string Name(int x, int y) => read.GetPixel(x, y) switch
        {
            { Red: > 150, Green: < 120, Blue: < 120 } => "red",
            { Red: < 120, Green: > 150, Blue: < 120 } => "green",
            { Red: < 120, Green: < 120, Blue: > 120 } => "blue",
            var other => other.ToString(),
        };
    }

    /// <summary>The JPEG with a segment that a camera writes (Exif 3.0): how it was held, its name and the place.</summary>
    private static byte[] WithExif(byte[] jpeg, byte orientation)
    {
        byte[] tiff =
        [
            .. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 3,
            0x01, 0x0F, 0, 2, 0, 0, 0, 7, 0, 0, 0, 50, // Make
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0,
            0x01, 0x0E, 0, 2, 0, 0, 0, 10, 0, 0, 0, 57, // ImageDescription
            0, 0, 0, 0,
            .. "Camera\0"u8, .. "48.137154\0"u8,
        ];
        var length = 2 + 6 + tiff.Length;
        return [.. jpeg[..2], 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. "Exif\0\0"u8, .. tiff, .. jpeg[2..]];
    }

    private static byte[] PngWithNotes()
    {
        using var plain = new SKBitmap(8, 8, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using var png = plain.Encode(SKEncodedImageFormat.Png, 100);
        return [.. png.ToArray()[..33], .. Chunk("tEXt", "Comment\0Camera at 48.137154"u8.ToArray()), .. png.ToArray()[33..]];
    }

    private static byte[] Png(int width, int height, byte[] data)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 6);
        return [0x89, .. "PNG\r\n"u8, 26, 10, .. Chunk("IHDR", header), .. Chunk("IDAT", data), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var (length, sum) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(sum, Crc32.HashToUInt32(body));
        return [.. length, .. body, .. sum];
    }

    private static byte[] Deflated(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal))
            deflate.Write(plain);
        return packed.ToArray();
    }
}
