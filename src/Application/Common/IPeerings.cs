using Marten;

namespace PeerRegistry.Application.Common;

/// <summary>What other features ask of the peerings.</summary>
public interface IPeerings
{
    /// <summary>Every peer that has heard our offer hears it again, and with it our name, once the session has committed.</summary>
    Task RestateAll(IDocumentSession session, DateTimeOffset now);
}
