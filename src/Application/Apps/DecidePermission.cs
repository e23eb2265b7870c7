using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Grants an app a permission that its description asks for, or denies it. The latest decision counts from the app's next request on.</summary>
public sealed record DecidePermission(PortalId Portal, string App, AppPermission Permission, bool Granted) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<DecidePermission, Unit>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>permission_unknown</c></exception>
        public async Task<Unit> Handle(DecidePermission c, CancellationToken ct)
        {
            var app = await aggregates.LoadApp(session, c.App, ct);
            app.Append(Domain.Apps.App.Decide(app.State, c.App, c.Permission, c.Granted));
            return Unit.Value;
        }
    }
}
