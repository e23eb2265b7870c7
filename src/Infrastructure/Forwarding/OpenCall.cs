using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>One call from its first check to its last byte. It counts its bytes; <see cref="OpenCalls"/> watches the count.</summary>
internal sealed class OpenCall(PortalSnapshot portal, string app, Peer peer, long started, CancellationToken caller) : IDisposable
{
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(caller);
    private readonly Lock gate = new();
    private PortalSnapshot judgedBy = portal;
    private long moved;
    private long outstanding;
    private RefusedException? refusal;
    private bool disposed;

    public PortalId Portal { get; } = portal.Portal.Id;

    public string App => app;

    public Peer Peer => peer;

    public long Started => started;

    public CancellationToken Stop => stop.Token;

    public CancellationToken Caller => caller;

    /// <summary>The reason why the call was ended early, or null.</summary>
    public RefusedException? Refusal => Volatile.Read(ref refusal);

    /// <summary>Bytes in both directions.</summary>
    public long Bytes => Interlocked.Read(ref moved);

    /// <summary>Whether the head of the response has not arrived yet.</summary>
    public bool AwaitsHead { get; set; } = true;

    /// <summary>Whether the app has stopped reading (back-pressure).</summary>
    public bool AwaitsCaller { get; set; }

    /// <summary>Whether the sender still owes a part of a body of known length, so that there is no good reason to be slow.</summary>
    public bool HasOutstanding => Interlocked.Read(ref outstanding) > 0 && !AwaitsCaller;

    /// <summary>Used by the watcher only.</summary>
    public Progress Seen { get; } = new(started);

    public void Moved(int bytes)
    {
        Interlocked.Add(ref moved, bytes);
        Interlocked.Add(ref outstanding, -bytes);
    }

    /// <param name="bytes">The length of the body that begins, or null if it is not known.</param>
    public void Expect(long? bytes) => Interlocked.Exchange(ref outstanding, bytes ?? 0);

    /// <summary>Checks the call again if the Portal has changed since, and ends it if it is no longer allowed.</summary>
    public void JudgeBy(PortalSnapshot? now)
    {
        if (ReferenceEquals(now, Volatile.Read(ref judgedBy)))
            return;

        RefusedException? why = null;
        var found = now is null ? null : CallPolicy.Authorize(now, app, peer.Short.Value, out why);
        if (found is null || found.Id != peer.Id || found.Domain != peer.Domain)
            Cut(why ?? new RefusedException(RefusalKind.NotFound, "peer_unknown", "The peer is no longer who it was when the call began."));
        else
            Volatile.Write(ref judgedBy, now!);
    }

    public void Cut(RefusedException why)
    {
        lock (gate)
        {
            if (disposed || refusal is not null)
                return;
            refusal = why;
            stop.Cancel();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            stop.Dispose();
        }
    }

    internal sealed class Progress(long started)
    {
        public long Bytes { get; set; }

        public long At { get; set; } = started;

        public long WindowBytes { get; set; }

        public long WindowStart { get; set; } = started;
    }
}
