using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>A new token for the app's own calls; the one before is void at once. Only its hash is kept.</summary>
public sealed record IssueAppToken(PortalId Portal, string Name) : IRequest<string>
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<IssueAppToken, string>
    {
        public async Task<string> Handle(IssueAppToken c, CancellationToken ct)
        {
            var token = Token.Create();
            var credential = new Credential(CredentialKind.App, c.Name, null, null);
            await decisions.Execute<App, AppEvent>(c.Portal, App.Stream(c.Name), App.Initial, App.Evolve, app => App.IssueCredential(app, c.Name),
                _ => [new RevokeCredentials(CredentialKind.App, c.Name), new IssueCredential(TokenHash.Of(token), credential)], ct);
            return token;
        }
    }
}
