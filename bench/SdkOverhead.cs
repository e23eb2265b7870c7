using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using PeerRegistry.Client;

namespace PeerRegistry.Bench;

/// <summary>What each SDK adds to a call of a peer over TLS, one call after the other, against the HTTP client that its language brings.</summary>
internal static class SdkOverhead
{
    private const int Calls = 2000; // of a round
    private const int Repetitions = 9;
    private const double Target = 0.95;

    private static readonly string Root = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../.."));

    public static async Task<bool> Measure()
    {
        await using var stage = await CallStage.Set(CallStage.FreePort());
        return await DotNet(stage)
            & await Script(stage, "Python", "/usr/bin/python3", "calls.py")
            & await Script(stage, "TypeScript", "node", "calls.mjs");
    }

    private static async Task<bool> DotNet(CallStage stage)
    {
        using var bare = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
        bare.BaseAddress = new Uri(stage.Internal, $"/internal/call_peer/{stage.Peer.Id}/");
        bare.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stage.Token);
        using var portal = new PortalClient(new PortalOptions { Core = stage.Internal, Token = stage.Token });
        using var client = portal.Caller(stage.Peer.Id.Value);
        return await Compare("call_peer by HttpClient and by CallPeerHandler", () => Round(bare), () => Round(client));
    }

    private static async Task<double> Round(HttpClient client)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
            (await client.GetAsync("postcards?x=1")).Dispose();
        return Calls / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<bool> Compare(string name, Func<Task<double>> bare, Func<Task<double>> sdk)
    {
        for (var i = 0; i < 4; i++) // what is compiled while it runs is, then
            _ = (await bare(), await sdk());
        return await Rounds.Compare(name, bare, sdk, Target, Repetitions);
    }

    /// <summary>A script makes a round for each line that it gets, and answers with calls per second.</summary>
    private static async Task<bool> Script(CallStage stage, string language, string program, string file)
    {
        var core = stage.Internal.GetLeftPart(UriPartial.Authority);
        using var script = Process.Start(new ProcessStartInfo(program, [Path.Combine(Root, "bench/sdk", file), core, stage.Token, stage.Peer.Id.Value])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["PYTHONPATH"] = Path.Combine(Root, "sdk/python/src"), ["PYTHONDONTWRITEBYTECODE"] = "1" },
        })!;
        var passes = await Compare($"call_peer in {language}, bare and by the SDK", () => Round(script, "bare"), () => Round(script, "sdk"));
        script.StandardInput.Close();
        await script.WaitForExitAsync();
        return passes;
    }

    private static async Task<double> Round(Process script, string way)
    {
        await script.StandardInput.WriteLineAsync(way);
        return double.Parse(await script.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The script has ended."), CultureInfo.InvariantCulture);
    }
}
