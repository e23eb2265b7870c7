using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Issues a token for the app's own calls and revokes the previous one. Only its hash is stored.</summary>
public sealed record IssueAppToken(PortalId Portal, string Name) : ICommand<string>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials) : IRequestHandler<IssueAppToken, string>
    {
        public async Task<string> Handle(IssueAppToken c, CancellationToken ct)
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
