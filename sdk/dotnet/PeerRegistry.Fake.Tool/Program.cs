using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using PeerRegistry.Fake;

const string Usage = """
    A fake Portal for the tests of an app: the core's internal listener, scripted peers, and the proxy. In memory; Ctrl-C ends it.

      peerregistry-fake [--port N] [--app NAME | --app-meta FILE] [--app-url URL] [--token TOKEN] [--peer NAME]...

      --port N         where to listen on this machine; without it, on a free port
      --app NAME       the app's name; "app" without it
      --app-meta FILE  the app's description, whose rules then decide who reaches the app
      --app-url URL    where the app under test listens, for requests that the fake sends as its proxy
      --token TOKEN    what the app calls the core with; "fake-token" without it
      --peer NAME      a mutual peer that has the app, too; more are added at /fake/peers

    Standard output has one line for the environment of the app when the fake is ready: PORTAL_CORE_URL=… PORTAL_APP_TOKEN=…
    """;

if (args is ["--help" or "-h", ..])
{
    await Console.Out.WriteLineAsync(Usage);
    return 0;
}

var options = new FakeOptions();
var peers = new List<string>();
FakePortal started;
try
{
    for (var i = 0; i < args.Length; i += 2)
        Set(args[i], i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value."));
    started = await FakePortal.Start(options);
}
catch (Exception wrong) when (wrong is FormatException or IOException or OverflowException or ArgumentException)
{
    await Console.Error.WriteLineAsync($"{wrong.Message}\n\n{Usage}");
    return 2;
}

await using var portal = started;
foreach (var name in peers)
    portal.AddPeer(name);
await Console.Out.WriteLineAsync($"PORTAL_CORE_URL={portal.Core.GetLeftPart(UriPartial.Authority)} PORTAL_APP_TOKEN={portal.Token}");

var ended = new TaskCompletionSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
await ended.Task;
return 0;

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.TrySetResult();
}

void Set(string name, string value)
{
    switch (name)
    {
        case "--port": options.Listen = new IPEndPoint(IPAddress.Loopback, int.Parse(value, CultureInfo.InvariantCulture)); break;
        case "--app": options.App = value; break;
        case "--app-meta": options.Description = File.ReadAllBytes(value); break;
        case "--app-url": options.AppUrl = new Uri(value); break;
        case "--token": options.Token = value; break;
        case "--peer": peers.Add(value); break;
        default: throw new FormatException($"{name} is not known.");
    }
}
