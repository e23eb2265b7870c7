using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Revokes an app password, with effect from the next request on.</summary>
public sealed record RevokeAppPassword(PortalId Portal, string App, string Id) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials) : IRequestHandler<RevokeAppPassword, Unit>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_unknown</c></exception>
        public async Task<Unit> Handle(RevokeAppPassword c, CancellationToken ct)
        {
            var app = await aggregates.LoadApp(session, c.App, ct);
            app.Append(Domain.Apps.App.RevokePassword(app.State, c.App, c.Id));
            credentials.Revoke(session, CredentialKind.AppPassword, c.Id);
            return Unit.Value;
        }
    }
}
