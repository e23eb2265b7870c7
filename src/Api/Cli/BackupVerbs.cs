using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using MediatR;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Backup;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The commands <c>backup FILE</c>, <c>backup verify FILE</c> and <c>restore FILE</c>. What the file holds is printed to standard output,
/// progress to standard error.
/// </summary>
internal static class BackupVerbs
{
    public static IEnumerable<Command> Commands(string[] settings)
    {
        var (made, verified, restored) = (File("Where to write the backup"), File("The backup"), File("The backup"));
        var verify = new Command("verify", "Check that a backup file is whole, and print what it holds. No database is needed.") { verified };
        verify.SetAction((parsed, _) => Run(
            settings, "VERIFIED", false, (phrase, progress) => new VerifyBackup(parsed.GetRequiredValue(verified), phrase, progress)));
        var backup = new Command(
            "backup", "Write everything that this registry stores, its keys included, to one encrypted file, whether or not the registry is running.")
        {
            made, verify,
        };
        backup.SetAction((parsed, _) => Run(
            settings, "BACKUP", true, (phrase, progress) => new MakeBackup(parsed.GetRequiredValue(made), phrase, progress)));
        var restore = new Command("restore", "Restore a backup file into an empty database and an empty data directory.") { restored };
        restore.SetAction((parsed, _) => Run(
            settings, "RESTORED", false, (phrase, progress) => new RestoreBackup(parsed.GetRequiredValue(restored), phrase, progress)));
        return [backup, restore];
    }

    private static Argument<string> File(string description) => new("FILE") { Description = description };

    /// <param name="isNew">Whether the passphrase is a new one, which is asked for twice.</param>
    private static async Task Run(string[] settings, string done, bool isNew, Func<string, IProgress<BackupProgress>, IRequest<BackupContents>> request)
    {
        await using var app = RegistryHost.Build(settings);
        await using var scope = app.Services.CreateAsyncScope();
        var passphrase = Passphrase.Get(scope.ServiceProvider.GetRequiredService<RegistryOptions>().Backup, isNew);
        using var interrupted = new CancellationTokenSource();
        using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
        using var end = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
        BackupContents contents;
        using (var progress = new ProgressLines(scope.ServiceProvider.GetRequiredService<TimeProvider>()))
        {
            try
            {
                contents = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(request(passphrase, progress), interrupted.Token);
            }
            catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
            {
                throw new StartRefusedException("Interrupted. Nothing was written.");
            }
        }

        foreach (var line in Lines(done, contents))
            Console.WriteLine(line);

        void Interrupt(PosixSignalContext signal) // so that what is half done is removed
        {
            signal.Cancel = true;
            interrupted.Cancel();
        }
    }

    private static IEnumerable<string> Lines(string done, BackupContents contents) =>
    [
        .. contents.Tables.Where(t => t.Rows > 0).Select(t => string.Create(CultureInfo.InvariantCulture, $"  {t.Name} {t.Rows}")),
        .. contents.Portals.Select(id => $"PORTAL {id}"),
        string.Create(
            CultureInfo.InvariantCulture,
            $"{done} made={contents.MadeAt:yyyy-MM-ddTHH:mm:ssZ} version={contents.Version} schema={contents.Schema:D4} bytes={contents.FileBytes}"),
    ];
}
