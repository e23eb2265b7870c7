using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="To">Path that the browser wanted.</param>
public sealed record RedeemedTicket(AppSession Session, string To);

/// <param name="App">Whose host the ticket was brought to.</param>
/// <param name="State">Fingerprint of the cookie that the same browser was given there; null: it has none.</param>
public sealed record RedeemAppTicket(PortalId Portal, string App, string Ticket, string? State) : IRequest<RedeemedTicket>
{
    internal sealed class Handler(IAppTickets tickets, IMediator mediator) : IRequestHandler<RedeemAppTicket, RedeemedTicket>
    {
        /// <exception cref="RefusedException"><c>ticket_invalid</c></exception>
        public async Task<RedeemedTicket> Handle(RedeemAppTicket c, CancellationToken ct)
        {
            var ticket = await tickets.Take(c.Portal, TokenHash.Of(c.Ticket), ct);
            if (ticket is null || ticket.App != c.App || c.State is null || ticket.State != c.State)
            {
                throw new RefusedException(RefusalKind.NotAuthenticated, "ticket_invalid",
                    "This way in was used before, has expired or was meant for another browser. Open the app again.");
            }

            var session = await mediator.Send(new StartAppSession(c.Portal, c.App, ticket.Device, StartAppSession.BrowserLife), ct);
            return new RedeemedTicket(session, ticket.To);
        }
    }
}
