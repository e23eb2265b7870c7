namespace PeerRegistry.Api.Hosting;

/// <summary>Limits the log to sixty lines per minute of one kind, because a stranger may cause any number of them.</summary>
internal sealed class RepeatedLines(TimeProvider clock)
{
    private const int PerMinute = 60;
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new(); // guards the following
    private readonly Dictionary<string, Kind> kinds = []; // at most as many as there are log statements

    /// <param name="kind">The category, event and template, none of which a caller can choose.</param>
    /// <param name="heldBefore">The number of lines that were suppressed in the previous minute, reported once.</param>
    public bool Passes(string kind, out long heldBefore)
    {
        var now = clock.GetTimestamp();
        lock (gate)
        {
            heldBefore = 0;
            if (!kinds.TryGetValue(kind, out var count))
                kinds[kind] = count = new Kind { Begun = now };
            if (clock.GetElapsedTime(count.Begun, now) >= Span)
                (heldBefore, count.Begun, count.Passed, count.Held) = (count.Held, now, 0, 0);
            if (count.Passed < PerMinute)
            {
                count.Passed++;
                return true;
            }

            count.Held++;
            return false;
        }
    }

    private sealed class Kind
    {
        public long Begun { get; set; }

        public int Passed { get; set; }

        public long Held { get; set; }
    }
}
