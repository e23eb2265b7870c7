using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="To">The path that the browser requested.</param>
public sealed record RedeemedTicket(AppSession Session, string To);

/// <param name="App">The app on whose host the ticket was presented.</param>
/// <param name="States">The hashes of the browser's state cookies.</param>
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
