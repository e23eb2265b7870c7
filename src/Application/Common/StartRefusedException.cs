namespace PeerRegistry.Application.Common;

/// <summary>The registry cannot start with this configuration. Each fault is a sentence for the operator.</summary>
public sealed class StartRefusedException(IReadOnlyList<string> faults) : Exception(string.Join(' ', faults))
{
    public StartRefusedException(string fault)
        : this([fault])
    {
    }

    public IReadOnlyList<string> Faults { get; } = faults;
}
