namespace PeerRegistry.Tests;

/// <summary>The same throws every time (xorshift64*).</summary>
internal sealed class Dice(int seed)
{
    private ulong state = 0x9E3779B97F4A7C15UL * ((ulong)seed + 1);

    /// <returns>0 or more, below <paramref name="sides"/>.</returns>
    public int Next(int sides)
    {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (int)((state * 0x2545F4914F6CDD1DUL >> 33) % (ulong)sides);
    }
}
