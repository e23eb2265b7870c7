namespace PeerRegistry.Api.Tests.Kernel;

/// <summary>The real clock, moved ahead at will; timers are left alone.</summary>
internal sealed class MovableClock : TimeProvider
{
    private long ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref ahead));

    public void Advance(TimeSpan by) => Interlocked.Add(ref ahead, by.Ticks);
}
