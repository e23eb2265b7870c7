using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="To">Path that the browser wanted.</param>
public sealed record RedeemedTicket(AppSession Session, string To);

/// <param name="App">Whose host the ticket was brought to.</param>
/// <param name="States">Fingerprints of the state cookies that the browser brings.</param>
public sealed record RedeemAppTicket(PortalId Portal, string App, string Ticket, IReadOnlyList<string> States) : IRequest<RedeemedTicket>
{
    internal sealed class Handler(IAppTickets tickets, IMediator mediator) : IRequestHandler<RedeemAppTicket, RedeemedTicket>
    {
        /// <exception cref="RefusedException"><c>ticket_invalid</c></exception>
        public async Task<RedeemedTicket> Handle(RedeemAppTicket c, CancellationToken ct)
        {
            var ticket = await tickets.Take(c.Portal, TokenHash.Of(c.Ticket), ct);
            if (ticket is null || ticket.App != c.App || !c.States.Contains(ticket.State))
            {
                throw new RefusedException(RefusalKind.NotAuthenticated, "ticket_invalid",
                    "The link that leads into the app works once, for half a minute, and in the browser that asked for it. One of these did not hold.");
            }

            var session = await mediator.Send(new StartAppSession(c.Portal, c.App, ticket.Device, StartAppSession.BrowserLife), ct);
            return new RedeemedTicket(session, ticket.To);
        }
    }
}
