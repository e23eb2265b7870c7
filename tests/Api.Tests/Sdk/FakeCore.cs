using PeerRegistry.Fake;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>The fake, scripted so that it does what the registry does in <see cref="RealCore"/>.</summary>
public sealed class FakeCore : IAsyncLifetime, ICoreUnderTest
{
    private static readonly FakeAnswer Answer = new(200, ICoreUnderTest.Answer)
    {
        Headers = new Dictionary<string, string> { ["X-From-Peer"] = "yes", ["X-Ptl-Made-Up"] = "1" },
    };

    private readonly Dictionary<PeerThat, FakePeer> peers = [];
    private FakePortal portal = null!;

    public Uri Core => portal.Core;

    public async ValueTask InitializeAsync()
    {
        portal = await FakePortal.Start();
        foreach (var each in Enum.GetValues<PeerThat>())
            peers[each] = portal.AddPeer(each == PeerThat.Answers ? "Ada" : $"Peer {each}");
        peers[PeerThat.Answers].Answers = [Answer];
        peers[PeerThat.Refuses].Answers = [FakeAnswer.Refusing()];
        peers[PeerThat.IsUnreachable].IsReachable = false;
        peers[PeerThat.IsNotMutual].Status = "pending";
        peers[PeerThat.LacksTheApp].HasApp = false;
        peers[PeerThat.IsHidden].IsVisible = false;
    }

    public ValueTask DisposeAsync() => portal.DisposeAsync();

    (string Token, string Peer) ICoreUnderTest.Of(PeerThat peer) => (portal.Token, peers[peer].Id);

    Heard ICoreUnderTest.LastHeard() => Heard(portal.Calls[^1]);

    Task ICoreUnderTest.Rename(PeerThat peer, string name)
    {
        peers[peer].Name = name;
        return Task.CompletedTask;
    }

    Task ICoreUnderTest.Show(PeerThat peer, bool isShown)
    {
        peers[peer].IsVisible = isShown;
        return Task.CompletedTask;
    }

    Task ICoreUnderTest.Grant(string permission, bool granted)
    {
        portal.Grant(permission, granted);
        return Task.CompletedTask;
    }

    private static Heard Heard(ReceivedCall call) => new(call.Method, call.Target, call.Headers, call.Text);

    Task<IAsyncDisposable> ICoreUnderTest.Occupy()
    {
        peers[PeerThat.Answers].Answers = [FakeAnswer.Failing("rate_limited"), Answer];
        return Task.FromResult<IAsyncDisposable>(new MemoryStream() /* nothing to undo */);
    }
}
