using System.Security.Cryptography;
using FluentValidation;
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
public sealed record CreateAppPassword(PortalId Portal, string App, string Name) : IRequest<CreatedAppPassword>
{
    public sealed class Validator : AbstractValidator<CreateAppPassword>
    {
        public Validator() => RuleFor(c => c.Name).MustBeName();
    }

    internal sealed class Handler(Decisions decisions) : IRequestHandler<CreateAppPassword, CreatedAppPassword>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>app_password_limit</c></exception>
        public async Task<CreatedAppPassword> Handle(CreateAppPassword c, CancellationToken ct)
        {
            var (id, password) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Token.Create());
            var credential = new Credential(CredentialKind.AppPassword, id, c.App, null);
            await decisions.Execute<App, AppEvent>(c.Portal, Domain.Apps.App.Stream(c.App), Domain.Apps.App.Initial, Domain.Apps.App.Evolve,
                app => Domain.Apps.App.CreatePassword(app, c.App, id, c.Name), _ => [new IssueCredential(TokenHash.Of(password), credential)], ct);
            return new CreatedAppPassword(id, c.Name, password);
        }
    }
}
