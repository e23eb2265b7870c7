using Marten;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>What other features need of the peerings.</summary>
public interface IPeerings
{
    /// <summary>
    /// Sends these peers a new notice, as what they may use here has changed, a few seconds after the session has committed, so that changes that follow one
    /// another are told once.
    /// </summary>
    Task Restate(IDocumentSession session, IReadOnlyCollection<ShortId> peers, DateTimeOffset now);

    /// <summary>Sends every peer that has received our offer a new one, with our name in it, once the session has committed.</summary>
    Task RestateAll(IDocumentSession session, DateTimeOffset now);
}
