using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using PeerRegistry.LocalPortals;

const string App = "postcards";
string[] tries =
[
    "Send a postcard from Anna to Ben, and answer it.",
    "On Ben's Portal, hide Anna from Postcards, and send another.",
    "Read in Anna's history what happened.",
];

// Two Portals on this machine that share nothing but the authority of their certificates. They become peers, and Postcards on one writes to Postcards
// on the other. --once: ends after the last step. --forward-auth: a Caddy before each asks its core about every request to an app; otherwise the
// cores serve TLS and forward to the apps themselves.
using var ended = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
var ct = ended.Token;
var folder = Directory.CreateTempSubdirectory("peerregistry-demo-").FullName;
var step = 0;
try
{
    var asksCore = args.Contains("--forward-auth");
    using var authority = new Authority(folder);
    await using var anna = new LocalPortal("Anna", Path.Combine(folder, "anna"), Places.FreePort(8443), asksCore ? null : Places.FreePort(8080), App, authority);
    await using var ben = new LocalPortal("Ben", Path.Combine(folder, "ben"), Places.FreePort(9443), asksCore ? null : Places.FreePort(9080), App, authority);
    LocalPortal[] both = [anna, ben];

    await Step("Two registries start, each with a database and a key of its own", () => Task.WhenAll(anna.StartRegistry([ben], ct), ben.StartRegistry([anna], ct)));
    foreach (var portal in both)
        Console.WriteLine($"     {portal.Name}: {portal.Id}");
    await Step("Each owner pairs a device with the printed code", () => Task.WhenAll(both.Select(p => p.PairDevice(ct))));
    await Step("Each owner installs Postcards", () => Task.WhenAll(both.Select(InstallPostcards)));
    await Step(
        asksCore
            ? "Caddy serves both over TLS, asking the core about every request to an app"
            : "Both are reachable over TLS; each core itself forwards what it lets in to the app",
        () => Task.WhenAll(both.Select(p => p.Serve(ct))));

    await Step("Anna adds Ben by his ID, which alone changes nothing for Ben", async () =>
    {
        await anna.Add(ben, ct);
        Require(await anna.StatusOf(ben, ct) == "pending", "Anna's side is not pending");
    });
    await Step("Ben adds Anna by her ID, and both see that it is mutual", async () =>
    {
        await ben.Add(anna, ct);
        await anna.UntilMutual(ben, ct);
    });
    await Step("A postcard by an app that may not see the peer is refused", async () =>
    {
        using var refused = await Write(anna, ben, "Hello?");
        Require(refused.StatusCode == HttpStatusCode.NotFound, $"it got {(int)refused.StatusCode}");
    });
    await Step("Each owner lets Postcards see all peers", () => Task.WhenAll(both.Select(p => p.LetAppSeeAllPeers(ct))));
    await Step(
        asksCore ? "Anna writes to Ben: signed by her core, verified by his, body compared by his app" : "Anna writes to Ben: signed by her core; sender and body verified by his",
        () => Deliver(anna, ben, "Greetings from Anna's garden."));
    await Step("Ben writes back", () => Deliver(ben, anna, "Ahoy from Ben's boat!"));
    await Step(asksCore ? "The answers of the apps are not signed, and both owners see that" : "The answers of the apps were signed and verified: both directions", async () =>
    {
        foreach (var (portal, peer) in new[] { (anna, ben), (ben, anna) })
        {
            var seen = await portal.Owner(HttpMethod.Get, $"/core/protected/peers/{peer.Id}", null, ct);
            Require(seen.GetProperty("last_answer").GetProperty("state").GetString() == (asksCore ? "unsigned" : "verified"), $"{portal.Name} sees {seen}");
        }
    });
    await Step("A stranger who claims to be Anna is turned away", async () =>
    {
        using var content = new StringContent("""{"text":"Send money."}""");
        content.Headers.Add("X-Ptl-Client-Type", "peer");
        content.Headers.Add("X-Ptl-Client-Id", anna.Id);
        using var refused = await ben.Ask(HttpMethod.Post, $"{ben.AppUrl}/postcards", null, content, ct);
        Require(refused.StatusCode == HttpStatusCode.Unauthorized, $"it got {(int)refused.StatusCode}");
    });
    await Step("Anna's history has it all", async () =>
    {
        var history = await anna.Owner(HttpMethod.Get, $"/core/protected/peers/{ben.Id}/history", null, ct);
        var types = history.EnumerateArray().Select(e => e.GetProperty("type").GetString()).ToList();
        Require(types.Contains("peer_added") && types.Contains("peering_confirmed"), string.Join(", ", types));
        Console.WriteLine($"     {string.Join(", ", types)}");
    });

    Console.WriteLine();
    Console.WriteLine("Every step held.");
    if (args.Contains("--once"))
        return 0;

    await using var start = new StartPage(Places.FreePort(7070), both, authority.Root, "Postcards", tries);
    await start.Start(ct);
    Console.WriteLine($"Open {start.Url} in a browser on this machine, or at once:");
    foreach (var portal in both)
        Console.WriteLine($"  {portal.Name + ":",-6}{start.PairUrl(portal)}   Postcards: {portal.AppPageUrl}/");
    Console.WriteLine("Try:");
    foreach (var what in tries)
        Console.WriteLine($"  - {what}");
    Console.WriteLine("Ctrl-C ends the demo and removes everything it made.");
    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
}
catch (Exception e) when (ct.IsCancellationRequested || e is InvalidOperationException or HttpRequestException)
{
    Console.WriteLine(ct.IsCancellationRequested ? "Ended." : $"FAILED: {e.Message}");
    return ct.IsCancellationRequested ? 130 : 1;
}
finally
{
    Places.Remove(folder);
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Cancel();
}

async Task Step(string what, Func<Task> work)
{
    Console.WriteLine($"{++step,3}. {what}");
    var working = work();
    for (var waited = 5; await Task.WhenAny(working, Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, ct)) != working; waited += 5)
    {
        ct.ThrowIfCancellationRequested();
        Console.WriteLine($"     … still at it after {waited} s");
    }

    await working;
}

async Task InstallPostcards(LocalPortal portal)
{
    await portal.Register(await File.ReadAllBytesAsync(Path.Combine(Places.Root, "samples/Postcards/app_meta.json"), ct), ct);
    var postcards = portal.Start(Places.Program("samples/Postcards", "Postcards"), new Dictionary<string, string>
    {
        ["ASPNETCORE_URLS"] = portal.AppAddress.OriginalString,
        ["PORTAL_CORE"] = portal.Core,
        ["PORTAL_TOKEN"] = await portal.AppToken(ct),
        ["CARDS_FILE"] = Path.Combine(portal.Folder, "cards"),
    });
    await postcards.Until(() => portal.AppListens(ct), "to listen", ct);
}

// As the owner's browser would: with a session for this one app, through the proxy.
async Task<HttpResponseMessage> Write(LocalPortal portal, LocalPortal peer, string text)
{
    var session = await portal.AppSession(ct);
    using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["to"] = peer.Id, ["text"] = text });
    return await portal.Ask(HttpMethod.Post, $"{portal.AppUrl}/send", session, form, ct);
}

async Task Deliver(LocalPortal from, LocalPortal to, string text)
{
    using var sent = await Write(from, to, text);
    Require(sent.StatusCode == HttpStatusCode.Redirect, $"/send answered {(int)sent.StatusCode}: {await sent.Content.ReadAsStringAsync(ct)}");
    var received = await to.Send(HttpMethod.Get, $"{to.AppUrl}/received", await to.AppSession(ct), null, ct);
    var card = received.EnumerateArray().LastOrDefault();
    Require(card.ValueKind == JsonValueKind.Object && card.GetProperty("text").GetString() == text && card.GetProperty("from").GetString() == from.Id, $"{to.Name} has {received}");
    Console.WriteLine($"     {to.Name} received from {card.GetProperty("name")} ({from.Id[..6]}): {text}");
}

static void Require(bool holds, string otherwise)
{
    if (!holds)
        throw new InvalidOperationException(otherwise);
}
