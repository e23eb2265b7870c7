using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Description">Markdown.</param>
/// <param name="EmailPublic">Whether the address is on the public page and in whoareyou.</param>
public sealed record EditProfile(PortalId Portal, string Name, string? Email, string? Description, bool EmailPublic) : ICommand
{
    public sealed class Validator : AbstractValidator<EditProfile>
    {
        public Validator()
        {
            RuleFor(c => c.Name).MustBeName();
            RuleFor(c => c.Email).Must(email => email is null || EmailAddress.IsValid(email)).WithErrorCode("email_invalid")
                .WithMessage("This is no e-mail address that mail can be sent to. One looks like anna@portal.example.");
            RuleFor(c => c.Description).Must(text => text is null || (text.Length <= Profile.MaxDescription && !text.Contains('\0', StringComparison.Ordinal)))
                .WithErrorCode("description_invalid").WithMessage($"A description is text of at most {Profile.MaxDescription} characters.");
        }
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeerings peerings, TimeProvider clock) : IRequestHandler<EditProfile, Unit>
    {
        public async Task<Unit> Handle(EditProfile c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            if (portal.Append(Profile.Change(portal.State, c.Name, c.Email, c.Description, c.EmailPublic)))
                await peerings.RestateAll(session, clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
