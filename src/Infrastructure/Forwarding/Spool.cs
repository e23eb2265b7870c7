using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// The disk space for the bodies of running calls: folder <c>calls</c> of the data directory. PostgreSQL usually writes to the same disk, so there is a
/// budget of bytes for each app and one for the registry, and some space always stays free.
/// </summary>
/// <remarks>
/// A file is unlinked as soon as it is open, so the system deletes it when the process ends, however it ends. A file that an earlier process could not
/// unlink is deleted at the start.
/// </remarks>
internal sealed class Spool : IHostedService
{
    private readonly Lock gate = new();
    private readonly Dictionary<(PortalId, string), long> byApp = [];
    private readonly RegistryOptions.CallsOptions limits;
    private readonly string directory;
    private readonly Lazy<DriveInfo> disk;
    private long total;

    public Spool(RegistryOptions options, IMeterFactory meters)
    {
        limits = options.Calls;
        directory = Path.GetFullPath(Path.Combine(options.Data.Directory, "calls"));
        disk = new(() => new DriveInfo(
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName));
        meters.Create(Telemetry.Name).CreateObservableGauge(
            "calls_spooled_bytes", () => Interlocked.Read(ref total), "By", "Bodies of calls under way that are held on disk");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (Directory.Exists(directory))
        {
            foreach (var left in Directory.EnumerateFiles(directory))
                File.Delete(left);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Refuses a body for which there is not enough space, before any of it is read.</summary>
    /// <exception cref="RefusedException"><c>storage_full</c></exception>
    public void Check((PortalId Portal, string App) app, long bytes)
    {
        lock (gate)
            Require(app, bytes);
    }

    /// <exception cref="RefusedException"><c>storage_full</c></exception>
    public void Take((PortalId Portal, string App) app, long bytes)
    {
        lock (gate)
        {
            Require(app, bytes);
            byApp[app] = byApp.GetValueOrDefault(app) + bytes;
            total += bytes;
        }
    }

    public void GiveBack((PortalId Portal, string App) app, long bytes)
    {
        lock (gate)
        {
            total -= bytes;
            if ((byApp[app] -= bytes) == 0)
                byApp.Remove(app);
        }
    }

    /// <summary>An empty file without a name, that nobody else can open.</summary>
    public FileStream Open()
    {
        var path = Path.Combine(disk.Value.Name, Path.GetRandomFileName());
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        });
        File.Delete(path);
        return file;
    }

    public static RefusedException Full(string message) =>
        new(RefusalKind.StorageFull, "storage_full", message) { RetryAfter = TimeSpan.FromSeconds(10) };

    private void Require((PortalId Portal, string App) app, long bytes)
    {
        if (byApp.GetValueOrDefault(app) + bytes > limits.SpoolBytesPerApp)
            throw Full("The bodies of this app's running calls take too much disk space. Try again when some of them have ended.");
        if (total + bytes > limits.SpoolBytes)
            throw Full("The bodies of all running calls take too much disk space. Try again when some of them have ended.");
        if (disk.Value.AvailableFreeSpace - bytes < limits.SpoolReserve)
            throw Full("The disk of this Portal is nearly full.");
    }
}
