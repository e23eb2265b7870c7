using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>With it go its token, the sessions for it and what it was allowed to see.</summary>
public sealed record RemoveApp(PortalId Portal, string Name) : IRequest<Unit>
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<RemoveApp, Unit>
    {
        public async Task<Unit> Handle(RemoveApp c, CancellationToken ct)
        {
            await decisions.Execute<App, AppEvent>(c.Portal, App.Stream(c.Name), App.Initial, App.Evolve, app => App.Remove(app, c.Name),
                _ => [new RevokeCredentials(null, c.Name)], ct);
            return Unit.Value;
        }
    }
}
