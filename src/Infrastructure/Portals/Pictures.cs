using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using SkiaSharp;

namespace PeerRegistry.Infrastructure.Portals;

/// <summary>
/// Makes avatars with Skia, one at a time. A picture is measured by its header before anything is decoded, and only the colours of its pixels go
/// into the new one.
/// </summary>
internal sealed class Pictures : IPictures, IDisposable
{
    private const int JpegQuality = 85;
    private const int WebpQuality = 90;
    private const int Side = UploadedPicture.Side;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Bounds the memory, which is about 200 MB for the largest pictures.</summary>
    private readonly SemaphoreSlim decoding = new(1);

    public async Task<byte[]> MakeAvatar(ReadOnlyMemory<byte> upload, CancellationToken ct)
    {
        var kind = UploadedPicture.Read(upload.Span);
        if (!await decoding.WaitAsync(Patience, ct))
        {
            throw new RefusedException(RefusalKind.Unavailable, "busy", "Another picture is being worked on. Try again in a moment.")
            {
                RetryAfter = Patience,
            };
        }

        try
        {
            using var data = SKData.CreateCopy(upload.Span);
#pragma warning disable CA1508 // The analyzer takes every Create for a constructor; this one returns null for what it cannot read.
            using var codec = SKCodec.Create(data) ?? throw Broken();
#pragma warning restore CA1508
            kind.Check(codec.Info.Width, codec.Info.Height);
            using var decoded = Decode(codec, kind);
            return Encode(decoded, codec.EncodedOrigin);
        }
        finally
        {
            decoding.Release();
        }
    }

    public void Dispose() => decoding.Dispose();

    /// <summary>Decodes the first frame. A JPEG is read at the least eighth of its size that leaves enough pixels.</summary>
    private static SKBitmap Decode(SKCodec codec, UploadedPicture kind)
    {
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if (kind.MediaType == "image/jpeg")
        {
            var eighths = Math.Clamp((int)Math.Ceiling(8f * Side / Math.Min(width, height)), 1, 8);
            var scaled = codec.GetScaledDimensions(eighths / 8f);
            (width, height) = (scaled.Width, scaled.Height);
        }

        using var colours = SKColorSpace.CreateSrgb();
        var alpha = codec.Info.AlphaType == SKAlphaType.Opaque ? SKAlphaType.Opaque : SKAlphaType.Premul;
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, alpha, colours));
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) == SKCodecResult.Success)
            return bitmap;

        bitmap.Dispose();
        throw Broken();
    }

    private static byte[] Encode(SKBitmap decoded, SKEncodedOrigin origin)
    {
        var cut = Math.Min(decoded.Width, decoded.Height);
        var side = Math.Min(cut, Side);
        using var square = new SKBitmap(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Premul, decoded.ColorSpace));
        using (var canvas = new SKCanvas(square))
        using (var whole = SKImage.FromBitmap(decoded))
        {
            canvas.Clear();
            canvas.Translate(side / 2f, side / 2f);
            canvas.Concat(Upright(origin));
            canvas.Translate(side / -2f, side / -2f);
            canvas.DrawImage(
                whole,
                SKRect.Create((decoded.Width - cut) / 2, (decoded.Height - cut) / 2, cut, cut),
                SKRect.Create(side, side),
                new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }

        using var pixels = square.PeekPixels();
        using var bare = new SKPixmap(pixels.Info.WithColorSpace(null), pixels.GetPixels()); // so that no colour profile is written
        using var encoded = IsOpaque(pixels) ? bare.Encode(SKEncodedImageFormat.Jpeg, JpegQuality) : bare.Encode(SKEncodedImageFormat.Webp, WebpQuality);
        return encoded?.ToArray() ?? throw Broken();
    }

    private static bool IsOpaque(SKPixmap pixels)
    {
        for (var bytes = pixels.GetPixelSpan<byte>(); bytes.Length >= 4; bytes = bytes[4..])
        {
            if (bytes[3] != byte.MaxValue)
                return false;
        }

        return true;
    }

    /// <summary>What turns the picture as it is stored into the one to be seen, around its middle (Exif 3.0, tag Orientation).</summary>
    private static SKMatrix Upright(SKEncodedOrigin origin) => origin switch
    {
        SKEncodedOrigin.TopRight => Turn(-1, 0, 0, 1),
        SKEncodedOrigin.BottomRight => Turn(-1, 0, 0, -1),
        SKEncodedOrigin.BottomLeft => Turn(1, 0, 0, -1),
        SKEncodedOrigin.LeftTop => Turn(0, 1, 1, 0),
        SKEncodedOrigin.RightTop => Turn(0, -1, 1, 0),
        SKEncodedOrigin.RightBottom => Turn(0, -1, -1, 0),
        SKEncodedOrigin.LeftBottom => Turn(0, 1, -1, 0),
        _ => SKMatrix.Identity,
    };

    private static SKMatrix Turn(int xOfX, int xOfY, int yOfX, int yOfY) => new(xOfX, xOfY, 0, yOfX, yOfY, 0, 0, 0, 1);

    private static RefusedException Broken() =>
        new(RefusalKind.Invalid, "avatar_invalid", "This picture is incomplete or damaged. Choose another one.");
}
