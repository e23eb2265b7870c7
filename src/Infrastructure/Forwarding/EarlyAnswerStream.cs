namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// A connection whose write side may break without losing the answer. A server that refuses a request before the end of its body
/// answers and then closes (RFC 9112 section 9.6), so a write that fails does not end the request: the rest is dropped, and what is
/// read next, an answer or the same failure, decides.
/// </summary>
internal sealed class EarlyAnswerStream(Stream inner) : DuplexStream
{
    private volatile bool broken;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (broken)
            return ValueTask.CompletedTask;

        var write = inner.WriteAsync(buffer, cancellationToken);
        return write.IsCompletedSuccessfully ? write : Finish(write);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => broken ? Task.CompletedTask : inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask Finish(ValueTask write)
    {
        try
        {
            await write;
        }
        catch (IOException)
        {
            broken = true;
        }
    }
}
