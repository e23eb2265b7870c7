using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>No app names this peer any more. Sent before a peer's identity is forgotten, so that a later one inherits nothing.</summary>
public sealed record ForgetVisibility(PortalId Portal, PortalId Peer) : IRequest<Unit>
{
    internal sealed class Handler(Decisions decisions, IPortalSnapshots snapshots) : IRequestHandler<ForgetVisibility, Unit>
    {
        public async Task<Unit> Handle(ForgetVisibility c, CancellationToken ct)
        {
            foreach (var name in snapshots.Find(c.Portal)?.Apps.Keys ?? [])
            {
                await decisions.Execute<App, AppEvent>(c.Portal, App.Stream(name), App.Initial, App.Evolve,
                    app => App.Forget(app, name, c.Peer), alongside: null, ct);
            }

            return Unit.Value;
        }
    }
}
