using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Issues a ticket, for which the owner's browser gets a session on the app's host within 30 seconds.</summary>
public sealed record IssueAppTicket(PortalId Portal, string App, string Device, string State, string To) : IRequest<string>
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    internal sealed class Handler(IPortalSnapshots snapshots, IAppTickets tickets, TimeProvider clock) : IRequestHandler<IssueAppTicket, string>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c></exception>
        public async Task<string> Handle(IssueAppTicket c, CancellationToken ct)
        {
            if (snapshots.Find(c.Portal)?.Apps.ContainsKey(c.App) != true)
                throw Domain.Apps.App.Unknown(c.App);

            var ticket = Token.Create();
            await tickets.Put(c.Portal, TokenHash.Of(ticket), new AppTicket(c.App, c.Device, c.State, c.To, clock.GetUtcNow() + Life), ct);
            return ticket;
        }
    }
}
