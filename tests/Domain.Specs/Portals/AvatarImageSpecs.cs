using System.Buffers.Binary;
using System.Text;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class AvatarImageSpecs
{
    private static readonly byte[] Png = MakePng(64, 48);

    private static readonly byte[] Jpeg =
    [
        0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC0, 0, 11, 8, 0, 48, 0, 64, 1, 1, 0x11, 0,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0, 1, 2, 0xFF, 0x00, 3, 0xFF, 0xD0, 4, 0xFF, 0xD9,
    ];

    private static readonly byte[] Gif =
    [
        .. "GIF89a"u8, 64, 0, 48, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x21, 0xFE, 2, 1, 2, 0,
        0x2C, 0, 0, 0, 0, 64, 0, 48, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ];

    private static readonly byte[] Webp = MakeWebp("VP8X"u8, [0, 0, 0, 0, 63, 0, 0, 47, 0, 0]);

    public static TheoryData<string, byte[]> Good => new()
    {
        { "image/png", Png },
        { "image/jpeg", Jpeg },
        { "image/gif", Gif },
        { "image/webp", Webp },
        { "image/webp", MakeWebp("VP8L"u8, [0x2F, 0x3F, 0xC0, 0x0B, 0, 0, 0, 0, 0, 0]) },
        { "image/webp", MakeWebp("VP8 "u8, [0, 0, 0, 0x9D, 0x01, 0x2A, 64, 0, 48, 0]) },
    };

    public static TheoryData<string, byte[]> Bad => new()
    {
        { "nothing", [] },
        { "an SVG", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8.ToArray() },
        { "HTML", "<!doctype html><script>alert(1)</script>"u8.ToArray() },
        { "a PNG of 30,000 by 30,000", MakePng(30_000, 30_000) },
        { "a PNG of 4,097 by 1", MakePng(4097, 1) },
        { "a PNG of no width", MakePng(0, 1) },
        { "a PNG with its width above 2^31", MakePng(0xFFFF_FFFF, 1) },
        { "a PNG and more", [.. Png, .. "<script>"u8] },
        { "a JPEG and a zip", [.. Jpeg, .. "PK\u0003\u0004"u8] },
        { "a GIF and a script", [.. Gif, .. "=1;alert(1)"u8] },
        { "a script that begins like a GIF", "GIF89a/*aaaaaaaaaaaaaa*/=1;alert(1)"u8.ToArray() },
        { "a WebP and more", [.. Webp, 0] },
        { "a JPEG without a frame", [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xD9] },
        { "a WebP of a width above 65535", MakeWebp("VP8X"u8, [0, 0, 0, 0, 0, 0, 1, 47, 0, 0]) },
        { "a lossy WebP without its start code", MakeWebp("VP8 "u8, [0, 0, 0, 0, 0, 0, 64, 0, 48, 0]) },
        { "a lossless WebP without its signature", MakeWebp("VP8L"u8, [0, 0x3F, 0xC0, 0x0B, 0, 0, 0, 0, 0, 0]) },
        { "a WebP with another chunk first", MakeWebp("ABCD"u8, [0x2F, 0x3F, 0xC0, 0x9D, 0x01, 0x2A, 64, 0, 48, 0]) },
        { "a JPEG with two frames", [.. Jpeg[..21], .. Jpeg[8..]] },
        { "a JPEG with a frame of seven bytes", [0xFF, 0xD8, 0xFF, 0xC0, 0, 7, 8, 0, 48, 0, 64, 0xFF, 0xD9] },
        { "a PNG with a chunk longer than the file", [.. Png[..33], 0x7F, 0xFF, 0xFF, 0xFF, .. "IDAT"u8, 0, 0, 0, 0] },
    };

    [Theory, MemberData(nameof(Good))]
    public void The_type_and_size_of_a_picture_are_detected(string mediaType, byte[] bytes) =>
        Assert.Equal(new AvatarImage(mediaType, 64, 48), AvatarImage.Sniff(bytes));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4096, 4096)]
    public void The_smallest_and_the_largest_size_are_accepted(int width, int height) =>
        Assert.Equal(new AvatarImage("image/png", width, height), AvatarImage.Sniff(MakePng((uint)width, (uint)height)));

    [Fact]
    public void All_bytes_of_a_WebP_size_are_read() =>
        Assert.Equal(new AvatarImage("image/webp", 300, 4096), AvatarImage.Sniff(MakeWebp("VP8X"u8, [0, 0, 0, 0, 0x2B, 1, 0, 0xFF, 0x0F, 0])));

    [Fact]
    public void A_picture_of_a_mebibyte_is_accepted()
    {
        var large = MakePng(64, 48, AvatarImage.MaxLength - Png.Length + 3);
        Assert.Equal((AvatarImage.MaxLength, 64), (large.Length, AvatarImage.Sniff(large).Width));
    }

    [Fact]
    public void The_older_GIF_format_is_accepted() => Assert.Equal("image/gif", AvatarImage.Sniff([.. "GIF87a"u8, .. Gif[6..]]).MediaType);

    [Theory, MemberData(nameof(Bad))]
    public void A_file_that_is_not_exactly_one_picture_is_refused(string what, byte[] bytes) =>
        Assert.True(Assert.Throws<RefusedException>(() => AvatarImage.Sniff(bytes)).Code == "avatar_invalid", what);

    [Theory, MemberData(nameof(Good))]
    public void A_truncated_picture_is_refused(string mediaType, byte[] bytes)
    {
        for (var length = 0; length < bytes.Length; length++)
            Assert.True(Assert.Throws<RefusedException>(() => AvatarImage.Sniff(bytes.AsSpan(0, length))).Code == "avatar_invalid", $"{mediaType} {length}");
    }

    [Fact]
    public void A_picture_of_more_than_a_mebibyte_is_refused() =>
        Assert.Equal(RefusalKind.TooLarge, Assert.Throws<RefusedException>(() => AvatarImage.Sniff(new byte[AvatarImage.MaxLength + 1])).Kind);

    private static byte[] MakePng(uint width, uint height, int data = 3)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        return [0x89, .. "PNG\r\n"u8, 26, 10, .. Chunk("IHDR", header), .. Chunk("IDAT", new byte[data]), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        return [.. length, .. Encoding.ASCII.GetBytes(type), .. data, 0, 0, 0, 0];
    }

    private static byte[] MakeWebp(ReadOnlySpan<byte> type, byte[] data)
    {
        var (chunk, riff) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32LittleEndian(chunk, data.Length);
        BinaryPrimitives.WriteInt32LittleEndian(riff, 4 + 8 + data.Length);
        return [.. "RIFF"u8, .. riff, .. "WEBP"u8, .. type, .. chunk, .. data];
    }
}
