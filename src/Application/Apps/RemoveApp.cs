using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Removes an app with its token, its sessions and its visibility.</summary>
public sealed record RemoveApp(PortalId Portal, string Name) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, ICredentials credentials, IAppIcons icons, IPortalSnapshots snapshots, IPeerings peerings,
        TimeProvider clock)
        : IRequestHandler<RemoveApp, Unit>
    {
        public async Task<Unit> Handle(RemoveApp c, CancellationToken ct)
        {
            var app = await aggregates.LoadApp(session, c.Name, ct);
            app.Append(App.Remove(app.State, c.Name));
            credentials.RevokeAllOfApp(session, c.Name);
            icons.Keep(session, c.Name, null);
            if (app.State is { } removed && snapshots.Find(c.Portal) is { } portal)
                await peerings.Restate(session, portal.Differing(removed.Visibility, Visibility.None), clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
