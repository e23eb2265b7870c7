using System.Text;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Portals;

public sealed class UploadedPictureSpecs
{
    private static readonly byte[] Scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0, 1, 0xFF, 0x00, 0xDA, 0xFF, 0xD0, 4];

    [Theory]
    [InlineData("image/png", "\u0089PNG\r\n\u001A\n and so on")]
    [InlineData("image/gif", "GIF89a and so on")]
    [InlineData("image/gif", "GIF87a and so on")]
    [InlineData("image/webp", "RIFF....WEBP and so on")]
    [InlineData("image/jpeg", "\u00FF\u00D8\u00FF\u00E0\0\u0004ab")]
    public void The_first_bytes_tell_the_type(string mediaType, string file) =>
        Assert.Equal(mediaType, UploadedPicture.Read(Encoding.Latin1.GetBytes(file)).MediaType);

    [Theory]
    [InlineData("")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("BM a bitmap of Windows")]
    [InlineData("II*\0 a TIFF")]
    [InlineData("RIFF....WAVE")]
    [InlineData("\0\0\u0001\0 an icon")]
    public void Other_files_are_refused(string file) =>
        Assert.Equal("avatar_invalid", Assert.Throws<RefusedException>(() => UploadedPicture.Read(Encoding.Latin1.GetBytes(file))).Code);

    [Theory]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic")]
    [InlineData("\0\0\0\u0018ftypavif\0\0\0\0mif1avif")]
    public void A_HEIC_photo_is_refused_with_the_way_out(string file)
    {
        var refused = Assert.Throws<RefusedException>(() => UploadedPicture.Read(Encoding.Latin1.GetBytes(file)));
        Assert.Equal("avatar_heic", refused.Code);
        Assert.Contains("JPEG", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_mebibytes_are_accepted_and_no_more()
    {
        var file = new byte[UploadedPicture.MaxLength + 1];
        "GIF89a"u8.CopyTo(file);
        Assert.Equal("image/gif", UploadedPicture.Read(file.AsSpan(0, UploadedPicture.MaxLength)).MediaType);
        Assert.Equal("avatar_too_large", Assert.Throws<RefusedException>(() => UploadedPicture.Read(file)).Code);
    }

    [Fact]
    public void A_JPEG_in_one_scan_may_have_more_pixels_than_one_that_needs_memory_for_all_of_them()
    {
        var once = UploadedPicture.Read(Jpeg(1));
        once.Check(8000, 8000);
        var twice = UploadedPicture.Read(Jpeg(2));
        twice.Check(6000, 4000);
        Assert.Equal("avatar_invalid", Assert.Throws<RefusedException>(() => twice.Check(8000, 8000)).Code);
    }

    [Fact]
    public void A_JPEG_of_countless_scans_is_refused()
    {
        UploadedPicture.Read(Jpeg(32));
        Assert.Equal("avatar_invalid", Assert.Throws<RefusedException>(() => UploadedPicture.Read(Jpeg(33))).Code);
    }

    [Fact]
    public void Scans_behind_the_end_of_a_JPEG_are_another_file_and_do_not_count() =>
        UploadedPicture.Read([.. Jpeg(1), .. Jpeg(32)]).Check(8000, 8000);

    [Fact]
    public void A_JPEG_cut_off_anywhere_is_read_without_failing()
    {
        var file = Jpeg(3);
        for (var length = 3; length < file.Length; length++)
            Assert.Equal("image/jpeg", UploadedPicture.Read(file.AsSpan(0, length)).MediaType);
    }

    [Theory]
    [InlineData(0, 1), InlineData(1, 0), InlineData(30_000, 30_000), InlineData(16_385, 1), InlineData(1, 16_385), InlineData(6001, 4000)]
    public void Too_many_pixels_are_refused(int width, int height) => Assert.Equal(
        "avatar_invalid", Assert.Throws<RefusedException>(() => UploadedPicture.Read("GIF89a"u8).Check(width, height)).Code);

    private static byte[] Jpeg(int scans) =>
        [0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xDA, 0xFF, 0xDA, .. Enumerable.Repeat(Scan, scans).SelectMany(s => s), 0xFF, 0xD9];
}
