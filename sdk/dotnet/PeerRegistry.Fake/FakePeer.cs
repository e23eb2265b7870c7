using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Fake;

/// <summary>A peer of the fake Portal. Everything about it may change while the app runs.</summary>
public sealed class FakePeer
{
    private readonly PublicKey key;
    private readonly Lock gate = new();
    private ImmutableList<FakeAnswer> answers = [];

    internal FakePeer(string name)
    {
        key = PublicKey.Ed25519(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        Name = name;
    }

    /// <summary>All 103 characters. They follow from the name that the peer was added with.</summary>
    public string Id => key.Id.Value;

    /// <summary>The first six characters.</summary>
    public string ShortId => key.Id.Short.Value;

    public string Domain => $"{ShortId}.fake.localhost";

    public string PublicKeyPem => key.Pem;

    public string Name { get; set; }

    /// <value>Whether the owner lets the app see the peer. If not, the peer is unknown.</value>
    public bool IsVisible { get; set; } = true;

    /// <value><c>mutual</c>, <c>pending</c> or <c>withdrawn</c>. Only a mutual peer can be called.</value>
    public string Status { get; set; } = "mutual";

    /// <value>If false, a call gets <c>peer_unreachable</c>. Null is a peer before first contact.</value>
    public bool? IsReachable { get; set; } = true;

    /// <value>If false, a call gets <c>app_not_installed</c>. Null is a peer that does not say.</value>
    public bool? HasApp { get; set; } = true;

    /// <value>
    /// One for each call, of which the last is repeated; each assignment begins anew. Default: none, so that calls get 200 without a body.
    /// </value>
    public IReadOnlyList<FakeAnswer> Answers
    {
        get => answers;
        set
        {
            lock (gate)
                answers = [.. value];
        }
    }

    /// <value>
    /// The peer's app as code, in place of <see cref="Answers"/>; null if there is none. It sees the request as the app there would, and may accept a WebSocket.
    /// Without it, WebSockets are echoed.
    /// </value>
    public RequestDelegate? App { get; set; }

    internal FakeAnswer NextAnswer()
    {
        lock (gate)
        {
            var next = answers.FirstOrDefault() ?? new FakeAnswer();
            if (answers.Count > 1)
                answers = answers.RemoveAt(0);
            return IsReachable == false ? FakeAnswer.Failing("peer_unreachable") : HasApp == false ? FakeAnswer.Failing("app_not_installed") : next;
        }
    }
}
