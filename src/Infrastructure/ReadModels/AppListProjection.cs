using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>app_list</c>, key the app's name.</summary>
internal sealed class AppListProjection() : Projection<App, AppEvent>("app_list/4", "app-")
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, App? row) =>
        snapshot with { Apps = row is null ? snapshot.Apps.Remove(key) : snapshot.Apps.SetItem(key, row) };
}
