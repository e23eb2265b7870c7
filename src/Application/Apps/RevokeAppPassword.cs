using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>The password opens nothing from the next request on.</summary>
public sealed record RevokeAppPassword(PortalId Portal, string App, string Id) : IRequest<Unit>
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<RevokeAppPassword, Unit>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_unknown</c></exception>
        public async Task<Unit> Handle(RevokeAppPassword c, CancellationToken ct)
        {
            await decisions.Execute<App, AppEvent>(c.Portal, Domain.Apps.App.Stream(c.App), Domain.Apps.App.Initial, Domain.Apps.App.Evolve,
                app => Domain.Apps.App.RevokePassword(app, c.App, c.Id), _ => [new RevokeCredentials(CredentialKind.AppPassword, c.Id)], ct);
            return Unit.Value;
        }
    }
}
