using System.Buffers.Text;
using System.Security.Cryptography;
using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Code">22 base64url characters, 128 random bits, shown only here.</param>
/// <param name="Path">The path of the page on the core's host that shows the invite.</param>
public sealed record FreshInvite(string Id, string Code, string Path, DateTimeOffset ExpiresAt);

/// <param name="Life">Null for <see cref="DefaultLife"/>.</param>
/// <param name="Label">For whom it is, or null.</param>
public sealed record CreateInvite(PortalId Portal, TimeSpan? Life = null, string? Label = null) : ICommand<FreshInvite>
{
    public static readonly TimeSpan DefaultLife = TimeSpan.FromDays(7);

    public static readonly TimeSpan MaxLife = TimeSpan.FromDays(90);

    public sealed class Validator : AbstractValidator<CreateInvite>
    {
        public Validator()
        {
            RuleFor(c => c.Life).Must(life => life is null || (life > TimeSpan.Zero && life <= MaxLife))
                .WithErrorCode("request_invalid").WithMessage($"An invite is good for at most {MaxLife.TotalDays} days.");
            RuleFor(c => c.Label).MustBeNameOrNull();
        }
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IInvites codes, TimeProvider clock)
        : IRequestHandler<CreateInvite, FreshInvite>
    {
        public async Task<FreshInvite> Handle(CreateInvite c, CancellationToken ct)
        {
            var (id, code) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
            var now = clock.GetUtcNow();
            var expiresAt = now + (c.Life ?? DefaultLife);
            var portal = await aggregates.LoadPortal(session, ct);
            portal.Append(Invites.Create(portal.State, id, expiresAt, now, c.Label));
            codes.Keep(session, TokenHash.Of(code), id);
            return new FreshInvite(id, code, $"/invite/{c.Portal}.{code}", expiresAt);
        }
    }
}

/// <summary>Revokes an invite, so that its link no longer works. A peer that used it stays in the list.</summary>
public sealed record RevokeInvite(PortalId Portal, string Id) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RevokeInvite, Unit>
    {
        public async Task<Unit> Handle(RevokeInvite c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            portal.Append(Invites.Revoke(portal.State, c.Id));
            return Unit.Value;
        }
    }
}
