using System.Net;

namespace PeerRegistry.Fake;

public sealed class FakeOptions
{
    /// <value>Where the core's internal listener and the control API listen. Default: this machine only, on any free port.</value>
    public IPEndPoint Listen { get; set; } = new(IPAddress.Loopback, 0);

    /// <value>The app's name. Default <c>app</c>, or the name in its description.</value>
    public string App { get; set; } = "app";

    /// <value>The app's <c>app_meta.json</c>. Its rules decide who reaches the app; null: everybody does.</value>
    public ReadOnlyMemory<byte>? Description { get; set; }

    /// <value>Where the app under test listens, for requests that the fake sends as its proxy. Null if it sends none.</value>
    public Uri? AppUrl { get; set; }

    /// <value>What the app calls the core with. Default <c>fake-token</c>.</value>
    public string Token { get; set; } = "fake-token";

    /// <value>A call with a larger body is refused. Default 64 MiB; bodies are kept in memory.</value>
    public int MaxBodyBytes { get; set; } = 64 << 20;
}
