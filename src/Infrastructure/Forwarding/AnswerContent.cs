using System.Net;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>The body of a peer's response, or the connection after 101, while it is being forwarded. Disposing it ends the call.</summary>
internal sealed class AnswerContent(OpenCall open, Stream body, Action end) : HttpContent
{
    protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(new Passing(open, body, end));

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        end();
    }

    /// <summary>
    /// Counts the bytes in both directions. Between two reads the copy loop writes to the app, so if nothing moves then, the peer is not to blame.
    /// </summary>
    private sealed class Passing(OpenCall open, Stream inner, Action end) : DuplexStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            open.AwaitsCaller = false;
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (read > 0)
            {
                open.Moved(read);
                open.AwaitsCaller = true;
            }

            return read;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            open.Moved(buffer.Length);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            end();
        }
    }
}
