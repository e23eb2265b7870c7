using Marten;

namespace PeerRegistry.Application.Common;

/// <summary>What other features need of the peerings.</summary>
public interface IPeerings
{
    /// <summary>Sends every peer that has received our offer a new one, with our name in it, once the session has committed.</summary>
    Task RestateAll(IDocumentSession session, DateTimeOffset now);
}
