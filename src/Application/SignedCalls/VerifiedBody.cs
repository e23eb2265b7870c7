using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Hashes a body piece by piece.</summary>
public interface IBodyDigest : IDisposable
{
    void Append(ReadOnlySpan<byte> piece);

    /// <summary>Whether every known digest of the field is that of all pieces. Called once, at the end.</summary>
    bool Is(string contentDigest);
}

/// <summary>
/// A body that is compared with its signed digest while it is read. The last bytes are withheld until they are known to be right, so that nobody
/// gets the whole of a wrong body, and the memory does not depend on its length.
/// </summary>
/// <param name="length">In bytes, or null if it is not known.</param>
/// <param name="withheld">
/// How many of the last bytes are withheld. With 0, only the end of the stream is, which suffices where its reader cannot take a body without an end
/// for a whole one, and which delays no byte.
/// </param>
/// <param name="atEnd">Called when the last byte has been read. Returns why the body is refused, or null if it is right.</param>
public sealed class VerifiedBody(Stream body, long? length, IBodyDigest digest, int withheld, Func<IBodyDigest, RefusedException?> atEnd) : ReadStream
{
    /// <summary>The usual number of withheld bytes. A shorter body is verified as a whole before anybody gets a byte of it.</summary>
    public const int Usual = 16 * 1024;

    private readonly byte[] held = withheld == 0 ? [] : new byte[Math.Min(length + 1 ?? int.MaxValue, 2 * withheld)];
    private int start;
    private int end;
    private bool ended;

    /// <summary>Whether the body was read to its end and is right.</summary>
    public bool IsWhole => ended;

    /// <summary>Why the body was refused, or null.</summary>
    public RefusedException? Refusal { get; private set; }

    private int Released => end - start - (ended ? 0 : withheld);

    /// <exception cref="RefusedException">The body is not the one that was signed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Refusal is not null)
            throw Refusal;
        if (withheld == 0)
            return await Pass(buffer, cancellationToken);
        if (buffer.IsEmpty && Released <= 0 && !ended)
            return await body.ReadAsync(buffer, cancellationToken);

        while (Released <= 0 && !ended)
        {
            if (end == held.Length)
            {
                held.AsSpan(start, end - start).CopyTo(held);
                (start, end) = (0, end - start);
            }

            var read = await body.ReadAsync(held.AsMemory(end), cancellationToken);
            Take(held.AsSpan(end, read));
            end += read;
        }

        var taken = Math.Min(buffer.Length, Math.Max(Released, 0));
        held.AsMemory(start, taken).CopyTo(buffer);
        start += taken;
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            digest.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> Pass(Memory<byte> buffer, CancellationToken ct)
    {
        var read = ended ? 0 : await body.ReadAsync(buffer, ct);
        if (!buffer.IsEmpty && !ended)
            Take(buffer.Span[..read]);
        return read;
    }

    /// <summary>Hashes a piece. An empty one is the end.</summary>
    private void Take(ReadOnlySpan<byte> piece)
    {
        if (!piece.IsEmpty)
        {
            digest.Append(piece);
            return;
        }

        if ((Refusal = atEnd(digest)) is not null)
            throw Refusal;
        ended = true;
    }
}
