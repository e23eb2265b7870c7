using System.Text;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Gateway;

/// <summary>
/// The body of an answer in the chunked coding with trailers (RFC 9112 section 7.1), which Kestrel writes over HTTP/1.1 only as it is given. An answer that
/// breaks off has no last chunk.
/// </summary>
/// <param name="passed">Told of every piece.</param>
/// <param name="trailers">Called at the end.</param>
internal sealed class ChunkedAnswer(Stream body, Action<ReadOnlySpan<byte>> passed, Func<IEnumerable<KeyValuePair<string, string>>> trailers) : ReadStream
{
    private const int Size = 32 * 1024;
    private const int SizeLine = 6; // four hexadecimal digits and the line's end

    private readonly byte[] chunk = new byte[SizeLine + Size + 2];
    private ReadOnlyMemory<byte> pending;
    private bool ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (pending.IsEmpty && !ended)
        {
            if (buffer.IsEmpty)
                return await body.ReadAsync(buffer, cancellationToken);
            await Next(cancellationToken);
        }

        var taken = Math.Min(buffer.Length, pending.Length);
        pending[..taken].CopyTo(buffer);
        pending = pending[taken..];
        return taken;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask Next(CancellationToken ct)
    {
        var read = await body.ReadAsync(chunk.AsMemory(SizeLine, Size), ct);
        if (read == 0)
        {
            ended = true;
            pending = Encoding.ASCII.GetBytes($"0\r\n{string.Concat(trailers().Select(field => $"{field.Key}: {field.Value}\r\n"))}\r\n");
            return;
        }

        passed(chunk.AsSpan(SizeLine, read));
        Encoding.ASCII.GetBytes($"{read:x4}\r\n", chunk);
        "\r\n"u8.CopyTo(chunk.AsSpan(SizeLine + read));
        pending = chunk.AsMemory(0, SizeLine + read + 2);
    }
}
