using System.Security.Cryptography;
using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="Password">43 characters, 256 random bits. Only its hash is stored.</param>
public sealed record CreatedAppPassword(string Id, string Name, string Password);

/// <summary>
/// Creates a password with which a program of the owner reaches the private paths of one app by HTTP Basic, until it is revoked or the app is
/// removed. It does not depend on the device that creates it.
/// </summary>
/// <param name="Name">The name that the owner gives it.</param>
public sealed record CreateAppPassword(PortalId Portal, string App, string Name) : ICommand<CreatedAppPassword>
{
    public sealed class Validator : AbstractValidator<CreateAppPassword>
    {
        public Validator() => RuleFor(c => c.Name).MustBeName();
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials)
        : IRequestHandler<CreateAppPassword, CreatedAppPassword>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_limit</c></exception>
        public async Task<CreatedAppPassword> Handle(CreateAppPassword c, CancellationToken ct)
        {
            var (id, password) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Token.Create());
            var app = await aggregates.LoadApp(session, c.App, ct);
            app.Append(Domain.Apps.App.CreatePassword(app.State, c.App, id, c.Name));
            credentials.Issue(session, TokenHash.Of(password), new Credential(CredentialKind.AppPassword, id, c.App, null));
            return new CreatedAppPassword(id, c.Name, password);
        }
    }
}
