using System.Buffers.Binary;
using NSec.Cryptography;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>
/// A byte stream in chunks, each sealed by XChaCha20-Poly1305 (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). The
/// nonce is the number of the chunk, and whether it is the last one. So no chunk opens in another place, and a stream that was cut off at the
/// end of a chunk has no last one. The key is used for one stream only.
/// </summary>
internal static class SealedChunks
{
    public const string Name = "xchacha20poly1305-stream-64k";

    /// <summary>Plaintext bytes in every chunk but the last, which may have fewer.</summary>
    public const int Length = 64 * 1024;

    public const int TagLength = 16;

    public static readonly AeadAlgorithm Algorithm = AeadAlgorithm.XChaCha20Poly1305;

    /// <param name="nonce">24 bytes, all zero but the last nine.</param>
    public static void SetNonce(Span<byte> nonce, long chunk, bool isLast)
    {
        BinaryPrimitives.WriteInt64BigEndian(nonce[15..], chunk);
        nonce[23] = isLast ? (byte)1 : (byte)0;
    }
}

/// <summary>Seals what is written to it. <see cref="Finish"/> seals the last chunk; without it, the output is incomplete and says so.</summary>
internal sealed class SealingStream(Stream output, Key key) : OneWayStream
{
    private readonly byte[] plain = new byte[SealedChunks.Length];
    private readonly byte[] box = new byte[SealedChunks.Length + SealedChunks.TagLength];
    private int filled;
    private long chunk;

    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            if (filled == plain.Length) // not before more follows, since this may be the last chunk
                Seal(isLast: false);
            var taken = Math.Min(buffer.Length, plain.Length - filled);
            buffer[..taken].CopyTo(plain.AsSpan(filled));
            filled += taken;
            buffer = buffer[taken..];
        }
    }

    public void Finish() => Seal(isLast: true);

    private void Seal(bool isLast)
    {
        Span<byte> nonce = stackalloc byte[24];
        nonce.Clear();
        SealedChunks.SetNonce(nonce, chunk++, isLast);
        var sealedLength = filled + SealedChunks.TagLength;
        SealedChunks.Algorithm.Encrypt(key, nonce, [], plain.AsSpan(0, filled), box.AsSpan(0, sealedLength));
        output.Write(box, 0, sealedLength);
        filled = 0;
    }
}

/// <summary>Opens what <see cref="SealingStream"/> has sealed. It ends only after the last chunk, and only if nothing follows that.</summary>
internal sealed class OpeningStream : OneWayStream
{
    private readonly Stream input;
    private readonly Key key;
    private readonly byte[] plain = new byte[SealedChunks.Length];
    private byte[] box = new byte[SealedChunks.Length + SealedChunks.TagLength];
    private byte[] following = new byte[SealedChunks.Length + SealedChunks.TagLength];
    private int boxed;
    private int start;
    private int end;
    private long chunk;
    private bool wasLast;

    /// <param name="input">At its first chunk.</param>
    public OpeningStream(Stream input, Key key)
    {
        (this.input, this.key, Good) = (input, key, input.Position);
        boxed = Fill(box);
    }

    /// <summary>How many bytes of the input have been opened, those before the first chunk included.</summary>
    public long Good { get; private set; }

    public override bool CanRead => true;

    /// <exception cref="RefusedException"><c>backup_damaged</c></exception>
    public override int Read(Span<byte> buffer)
    {
        while (start == end && !wasLast)
            Open();
        var given = Math.Min(buffer.Length, end - start);
        plain.AsSpan(start, given).CopyTo(buffer);
        start += given;
        return given;
    }

    private void Open()
    {
        var next = boxed == box.Length ? Fill(following) : 0;
        wasLast = next == 0;
        Span<byte> nonce = stackalloc byte[24];
        nonce.Clear();
        SealedChunks.SetNonce(nonce, chunk++, wasLast);
        var length = Math.Max(0, boxed - SealedChunks.TagLength);
        if (boxed < SealedChunks.TagLength || !SealedChunks.Algorithm.Decrypt(key, nonce, [], box.AsSpan(0, boxed), plain.AsSpan(0, length)))
            throw BackupRefusals.Damaged(Good);

        Good += boxed;
        (start, end, boxed) = (0, length, next);
        (box, following) = (following, box);
    }

    private int Fill(byte[] into) => input.ReadAtLeast(into, into.Length, throwOnEndOfStream: false);
}

/// <summary>A stream that is only read or only written, from its beginning to its end.</summary>
internal abstract class OneWayStream : Stream
{
    public override bool CanRead => false;

    public override bool CanWrite => false;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        // Chunks are written when they are full.
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
