using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>
/// A request that may change one Portal. Its handler works on an <c>IDocumentSession</c> of Marten, which is of that Portal: it loads, decides,
/// appends and stores, and does not save. When it returns, the pipeline commits all of it in one transaction, with the actor and the reason of
/// <see cref="CurrentActor"/>. If another writer was first, or the database undid the transaction, the handler runs again on a fresh session.
/// So it does nothing that would count twice; what has to happen once belongs in front of the command.
/// </summary>
public interface ICommand<out TResponse> : IRequest<TResponse>
{
    PortalId Portal { get; }
}

/// <summary>A command that returns nothing.</summary>
public interface ICommand : ICommand<Unit>;
