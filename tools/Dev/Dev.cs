using System.Runtime.InteropServices;
using PeerRegistry.Dev;
using PeerRegistry.LocalPortals;

// Results and the log go to standard output, what is wrong with the arguments to standard error. Exit codes: 0 after Ctrl-C, 130 if it came before everything
// was ready; with --test the test's own; 1 if something failed; 2 if the arguments are invalid.
DevOptions options;
string app;
try
{
    options = DevOptions.Parse(args);
    app = options.AppName();
}
catch (FormatException wrong)
{
    await Console.Error.WriteLineAsync($"{wrong.Message} ./run dev --help says more.");
    return 2;
}

using var ended = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
var log = new DevLog();
var files = Directory.CreateTempSubdirectory("peerregistry-dev-").FullName;
try
{
    await using var neighbours = new Neighbours(options, app, files, log);
    return await new DevSession(options, app, neighbours, log).Run(ended.Token);
}
catch (Exception e) when (ended.IsCancellationRequested || e is InvalidOperationException or HttpRequestException or IOException)
{
    log.Write(ended.IsCancellationRequested ? "Ended." : $"FAILED: {e.Message}");
    return ended.IsCancellationRequested ? 130 : 1;
}
finally
{
    Places.Remove(files);
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    ended.Cancel();
}
