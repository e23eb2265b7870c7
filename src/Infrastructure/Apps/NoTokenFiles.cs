using PeerRegistry.Application.Apps;

namespace PeerRegistry.Infrastructure.Apps;

/// <summary>Writes no file, because there is no folder for tokens.</summary>
internal sealed class NoTokenFiles : IAppTokenFiles
{
    public Task<string> Keep(AppPlace app, Func<Task<string>> issue, CancellationToken ct) => issue();
}
