using PeerRegistry.Application.Apps;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>Where there is no folder for tokens.</summary>
internal sealed class NoTokenFiles : IAppTokenFiles
{
    public Task<string> Keep(AppPlace app, Func<Task<string>> issue, CancellationToken ct) => issue();
}
