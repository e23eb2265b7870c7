using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// A request body read to its end before it is sent, since its digest goes ahead of it: up to 1 MiB in memory, more through a
/// file of the spool. It may be sent twice: a kept connection can turn out to be closed.
/// </summary>
/// <param name="call">The call that the body belongs to, which counts the bytes.</param>
internal sealed class SpooledBody(OpenCall call, Spool spool) : HttpContent
{
    private const int InMemory = 1 << 20;

    private byte[] memory = [];
    private int inMemory;
    private SpoolFile? file;

    public byte[] Sha256 { get; private set; } = [];

    public long Length => file?.Length ?? inMemory;

    /// <param name="length">In bytes. Null if it is not known.</param>
    /// <param name="most">The maximum length in bytes.</param>
    /// <exception cref="RefusedException"><c>body_too_large</c>; <c>storage_full</c></exception>
    public async ValueTask Fill(Stream source, long? length, long most)
    {
        if (length > most)
            throw TooLarge(most);
        if (length is > InMemory and var known)
            spool.Check((call.Portal, call.App), known);

        var ct = call.Stop;
        memory = ArrayPool<byte>.Shared.Rent((int)Math.Min(length ?? 16 * 1024, InMemory) + 1); // one more than comes, so that the end is seen without growing
        while (inMemory != length && await source.ReadAsync(memory.AsMemory(inMemory), ct) is > 0 and var read)
        {
            inMemory += read;
            call.Moved(read);
            if (inMemory > most)
                throw TooLarge(most);
            if (inMemory < memory.Length)
                continue;
            if (inMemory > InMemory)
            {
                await FillFile(source, most, ct);
                return;
            }

            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(2 * memory.Length, InMemory + 1));
            memory.AsSpan(0, inMemory).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(memory);
            memory = larger;
        }

        Sha256 = SHA256.HashData(memory.AsSpan(0, inMemory));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (file is null)
        {
            await stream.WriteAsync(memory.AsMemory(0, inMemory), cancellationToken);
            call.Moved(inMemory);
            return;
        }

        var body = file.FromStart();
        while (await body.ReadAsync(memory.AsMemory(0, 64 * 1024), cancellationToken) is > 0 and var read)
        {
            await stream.WriteAsync(memory.AsMemory(0, read), cancellationToken);
            call.Moved(read);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (memory.Length > 0)
            ArrayPool<byte>.Shared.Return(memory);
        memory = [];
        file?.Dispose();
        base.Dispose(disposing);
    }

    private async Task FillFile(Stream source, long most, CancellationToken ct)
    {
        file = new SpoolFile(spool, call.Portal, call.App);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var read = inMemory;
        do
        {
            hash.AppendData(memory, 0, read);
            await file.Write(memory.AsMemory(0, read), ct);
            read = await source.ReadAsync(memory, ct);
            call.Moved(read);
            if (file.Length + read > most)
                throw TooLarge(most);
        }
        while (read > 0);
        Sha256 = hash.GetHashAndReset();
    }

    private static RefusedException TooLarge(long most) =>
        new(RefusalKind.TooLarge, "body_too_large", $"A call's body has at most {most} bytes here.");
}
