using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Finds the invite of a link for whoever opened it. After ten wrong codes a minute from one network, no code from it is looked up.</summary>
/// <param name="Network">The visitor's /24 or /48.</param>
/// <returns>The invite, used or not, or null if the code is that of none.</returns>
public sealed record ShowInvite(PortalId Portal, string Code, string Network) : IRequest<Invite?>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IInvites codes, InviteGuesses guesses) : IRequestHandler<ShowInvite, Invite?>
    {
        public async Task<Invite?> Handle(ShowInvite c, CancellationToken ct)
        {
            if (guesses.AreTooMany(c.Portal, c.Network))
                return null;

            if (await codes.Find(c.Portal, TokenHash.Of(c.Code), ct) is { } id)
                return snapshots.Require(c.Portal).Portal.Invites.FirstOrDefault(invite => invite.Id == id);
            guesses.Count(c.Portal, c.Network);
            return null;
        }
    }
}
