using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Table <c>invites</c>: which invite a code is for. Codes carry 128 random bits, so the hash needs no salt.</summary>
public interface IInvites
{
    /// <returns>The id of the invite, open or not, or null if the code is wrong.</returns>
    Task<string?> Find(PortalId portal, TokenHash code, CancellationToken ct);

    /// <summary>Stores the code when the session commits.</summary>
    void Keep(IDocumentSession session, TokenHash code, string invite);
}
