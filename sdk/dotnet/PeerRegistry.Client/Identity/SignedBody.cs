using Microsoft.AspNetCore.Http;

namespace PeerRegistry.Client.Identity;

/// <summary>
/// A peer's body, compared with the digest that the peer signed while it is read. Whoever reads a body that differs gets an exception in place of its end: of
/// its last bytes if its length is known, which many readers do not read beyond, else of the end itself.
/// </summary>
/// <param name="length">In bytes, or null if it is not known.</param>
internal sealed class SignedBody(Stream body, long? length, ContentDigest digest) : Stream
{
    private long read;
    private bool? matches;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="BadHttpRequestException">The body is not the one that was signed. It is answered with 400.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var piece = await body.ReadAsync(buffer, cancellationToken);
        if (!buffer.IsEmpty)
            Take(buffer.Span[..piece]);
        return piece;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var piece = body.Read(buffer, offset, count);
        if (count > 0)
            Take(buffer.AsSpan(offset, piece));
        return piece;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            digest.Dispose();
        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> piece)
    {
        if (matches is null)
        {
            digest.Append(piece);
            read += piece.Length;
            if (piece.IsEmpty || read == length)
                matches = digest.Matches();
        }

        if (matches == false)
            throw new BadHttpRequestException("This is not the body that the peer signed.", StatusCodes.Status400BadRequest);
    }
}
