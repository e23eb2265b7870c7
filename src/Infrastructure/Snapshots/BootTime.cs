using System.Runtime.InteropServices;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Linux's <c>CLOCK_BOOTTIME</c> (clock_gettime(2)) as the timestamp, in nanoseconds: unlike <c>CLOCK_MONOTONIC</c>, which
/// <see cref="TimeProvider.System"/> uses, it goes on while the machine is suspended. Both go on while only the process is stopped.
/// Other systems get the timestamp of <see cref="TimeProvider.System"/>.
/// </summary>
/// <remarks>
/// A hypervisor that freezes a virtual machine may freeze all of the guest's clocks with it. Only the wall clock then shows the pause,
/// once it has been set right; <see cref="SnapshotTrust"/> therefore asks that one, too.
/// </remarks>
internal sealed partial class BootTime : TimeProvider
{
    private const int ClockBootTime = 7;

    public override long TimestampFrequency => OperatingSystem.IsLinux() ? 1_000_000_000 : base.TimestampFrequency;

    public override long GetTimestamp() =>
        OperatingSystem.IsLinux() && GetTime(ClockBootTime, out var time) == 0 ? (time.Seconds * 1_000_000_000) + time.Nanoseconds : base.GetTimestamp();

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [SuppressGCTransition]
    private static partial int GetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
