namespace PeerRegistry.Fake;

public enum Sent
{
    Right,
    Wrong,
    Absent,
}

/// <summary>As whom the fake's proxy sends a request to the app under test.</summary>
/// <param name="Type"><c>terminal</c>, <c>peer</c> or <c>anonymous</c>.</param>
public sealed record FakeCaller(string Type, string Id, string Name)
{
    public static readonly FakeCaller Anonymous = new("anonymous", "", "");

    /// <value>The proxy's secret. One that is wrong or absent is a request that went around the proxy.</value>
    public Sent Secret { get; init; }

    /// <value>The digest of the body that the peer signed. Not sent for others than peers.</value>
    public Sent Digest { get; init; }

    /// <value>Whether the core has compared the body while it passed, as its own gateway does. Default false: a proxy that asks the core.</value>
    public bool BodyVerified { get; init; }

    /// <summary>A device of the owner.</summary>
    public static FakeCaller Owner(string device = "Laptop") => new("terminal", "d1", device);

    public static FakeCaller Peer(FakePeer peer) => new("peer", peer.Id, peer.Name);
}
