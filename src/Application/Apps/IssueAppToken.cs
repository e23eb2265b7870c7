using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Issues a token for the app's own calls, which revokes the previous one, and writes it to the app's file if there is a folder for tokens.</summary>
public sealed record IssueAppToken(PortalId Portal, string Name) : IRequest<string>
{
    internal sealed class Handler(IAppTokenFiles files, IMediator mediator) : IRequestHandler<IssueAppToken, string>
    {
        public Task<string> Handle(IssueAppToken c, CancellationToken ct) =>
            files.Keep(new(c.Portal, c.Name), () => mediator.Send(new ReplaceAppToken(c.Portal, c.Name), ct), ct);
    }
}

/// <summary>Replaces the app's token and leaves its file alone. Only its hash is stored.</summary>
public sealed record ReplaceAppToken(PortalId Portal, string Name) : ICommand<string>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials) : IRequestHandler<ReplaceAppToken, string>
    {
        public async Task<string> Handle(ReplaceAppToken c, CancellationToken ct)
        {
            var token = Token.Create();
            var app = await aggregates.LoadApp(session, c.Name, ct);
            app.Append(App.IssueCredential(app.State, c.Name));
            credentials.Revoke(session, CredentialKind.App, c.Name);
            credentials.Issue(session, TokenHash.Of(token), new Credential(CredentialKind.App, c.Name, null, null));
            return token;
        }
    }
}
