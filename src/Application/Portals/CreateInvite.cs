using System.Buffers.Text;
using System.Security.Cryptography;
using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <param name="Code">22 base64url characters, 128 random bits; shown this once.</param>
/// <param name="Path">Of the page on the core's own host that hands the invite over.</param>
public sealed record FreshInvite(string Id, string Code, string Path, DateTimeOffset ExpiresAt);

/// <param name="Life">Null: <see cref="DefaultLife"/>.</param>
public sealed record CreateInvite(PortalId Portal, TimeSpan? Life = null) : IRequest<FreshInvite>
{
    public static readonly TimeSpan DefaultLife = TimeSpan.FromDays(7);

    public static readonly TimeSpan MaxLife = TimeSpan.FromDays(90);

    public sealed class Validator : AbstractValidator<CreateInvite>
    {
        public Validator() => RuleFor(c => c.Life).Must(life => life is null || (life > TimeSpan.Zero && life <= MaxLife))
            .WithErrorCode("request_invalid").WithMessage($"An invite is good for at most {MaxLife.TotalDays} days.");
    }

    internal sealed class Handler(Decisions decisions, TimeProvider clock) : IRequestHandler<CreateInvite, FreshInvite>
    {
        public async Task<FreshInvite> Handle(CreateInvite c, CancellationToken ct)
        {
            var (id, code) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
            var now = clock.GetUtcNow();
            var expiresAt = now + (c.Life ?? DefaultLife);
            await decisions.Execute<Invites, PortalEvent>(
                c.Portal, Identity.Stream, Invites.Initial, Invites.Evolve, invites => Invites.Create(invites, id, expiresAt, now),
                _ => [new KeepInviteCode(TokenHash.Of(code), id)], ct);
            return new FreshInvite(id, code, $"/invite/{c.Portal}.{code}", expiresAt);
        }
    }
}

/// <summary>The link no longer works. A peer that came by it stays.</summary>
public sealed record RevokeInvite(PortalId Portal, string Id) : IRequest
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<RevokeInvite, Unit>
    {
        public async Task<Unit> Handle(RevokeInvite c, CancellationToken ct)
        {
            await decisions.Execute<Invites, PortalEvent>(
                c.Portal, Identity.Stream, Invites.Initial, Invites.Evolve, invites => Invites.Revoke(invites, c.Id), null, ct);
            return Unit.Value;
        }
    }
}
