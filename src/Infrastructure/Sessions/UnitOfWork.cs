using MediatR;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Sessions;

/// <summary>Gives the handler of a command its session, and commits what the handler has put into it.</summary>
internal sealed class UnitOfWork<TCommand, TResponse>(Commits commits, SessionScope scope, CurrentActor current) : IPipelineBehavior<TCommand, TResponse>
    where TCommand : ICommand<TResponse>
{
    public Task<TResponse> Handle(TCommand request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next) =>
        commits.Run(request.Portal, current, session => scope.Use(session, () => next()), cancellationToken);
}
