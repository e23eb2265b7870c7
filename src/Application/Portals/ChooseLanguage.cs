using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Chooses the language of the owner's pages.</summary>
/// <param name="Language">One of <see cref="Profile.Languages"/>, or null for the language that each browser asks for.</param>
public sealed record ChooseLanguage(PortalId Portal, string? Language) : ICommand
{
    public sealed class Validator : AbstractValidator<ChooseLanguage>
    {
        public Validator() =>
            RuleFor(c => c.Language).Must(tag => tag is null || Profile.Languages.Contains(tag))
                .WithErrorCode("language_unknown").WithMessage($"The pages are available in these languages: {string.Join(", ", Profile.Languages)}.");
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<ChooseLanguage, Unit>
    {
        public async Task<Unit> Handle(ChooseLanguage c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            portal.Append(Profile.ChooseLanguage(portal.State, c.Language));
            return Unit.Value;
        }
    }
}
