using System.Security.Cryptography;
using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="Password">43 characters, 256 random bits; only its hash is kept.</param>
public sealed record CreatedAppPassword(string Id, string Name, string Password);

/// <summary>
/// A password with which a program of the owner gets into one app's private paths by HTTP Basic, until it is revoked or the app is
/// removed. It is not bound to the device that makes it.
/// </summary>
/// <param name="Name">What the owner calls it.</param>
public sealed record CreateAppPassword(PortalId Portal, string App, string Name) : ICommand<CreatedAppPassword>
{
    public sealed class Validator : AbstractValidator<CreateAppPassword>
    {
        public Validator() => RuleFor(c => c.Name).MustBeName();
    }

    internal sealed class Handler(IDocumentSession session, ICredentials credentials) : IRequestHandler<CreateAppPassword, CreatedAppPassword>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_limit</c></exception>
        public async Task<CreatedAppPassword> Handle(CreateAppPassword c, CancellationToken ct)
        {
            var (id, password) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Token.Create());
            var app = await session.Load<App, AppEvent>(Domain.Apps.App.Stream(c.App), ct);
            app.Append(Domain.Apps.App.CreatePassword(app.State, c.App, id, c.Name));
            credentials.Issue(session, TokenHash.Of(password), new Credential(CredentialKind.AppPassword, id, c.App, null));
            return new CreatedAppPassword(id, c.Name, password);
        }
    }
}
