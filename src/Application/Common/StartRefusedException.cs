namespace PeerRegistry.Application.Common;

/// <summary>The registry cannot start here as it is set up; each fault is a sentence for whoever starts it.</summary>
public sealed class StartRefusedException(IReadOnlyList<string> faults) : Exception(string.Join(' ', faults))
{
    public StartRefusedException(string fault)
        : this([fault])
    {
    }

    public IReadOnlyList<string> Faults { get; } = faults;
}
