using System.Diagnostics;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>app_list</c>, key the app's name.</summary>
internal sealed class AppListProjection() : Projection<AppRow>("app_list/2", "app-")
{
    protected override AppRow? Fold(AppRow? row, Recorded e) => (AppEvent)e.Data switch
    {
        AppRegistered registered => new AppRow(registered.Meta.Name, registered.Meta, Visibility.None, e.At),
        AppUpdated updated => row! with { Meta = updated.Meta },
        AppVisibilitySet set => row! with { Visibility = set.Visibility },
        AppCredentialIssued => row! with { HasToken = true },
        AppPasswordCreated created => row! with { Passwords = [.. row.Passwords, new AppPasswordRow(created.Id, created.Label, e.At)] },
        AppPasswordRevoked revoked => row! with { Passwords = [.. row.Passwords.Where(password => password.Id != revoked.Id)] },
        AppRemoved => null,
        _ => throw new UnreachableException(e.Data.GetType().Name),
    };

    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, AppRow? row) =>
        snapshot with { Apps = row is null ? snapshot.Apps.Remove(key) : snapshot.Apps.SetItem(key, row) };
}
