namespace PeerRegistry.Api.Tests.Common;

/// <summary>The real clock, put forward as a test wants it; timers go by the real one.</summary>
internal sealed class MovableTime : TimeProvider
{
    private long ahead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref ahead));

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Interlocked.Read(ref ahead) * ((double)TimestampFrequency / TimeSpan.TicksPerSecond));

    public void Advance(TimeSpan by) => Interlocked.Add(ref ahead, by.Ticks);
}
