using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <param name="Peers">Short or full IDs; only with the modes that name some.</param>
public sealed record SetVisibility(PortalId Portal, string App, VisibilityMode Mode, IReadOnlyList<TypedPortalId> Peers) : ICommand
{
    /// <summary>The circles whose peers are meant; only with the modes that name some.</summary>
    public IReadOnlyList<CircleId> Circles { get; init; } = [];

    public sealed class Validator : AbstractValidator<SetVisibility>
    {
        public Validator()
        {
            When(c => c.Mode is not (VisibilityMode.Some or VisibilityMode.AllExcept), () =>
            {
                RuleFor(c => c.Peers).Empty().WithMessage("Peers are only named with the modes some and all_except.");
                RuleFor(c => c.Circles).Empty().WithMessage("Circles are only named with the modes some and all_except.");
            });
        }
    }

    public static RefusedException NotReached(ShortId peer) => new(RefusalKind.Conflict, "peer_not_reached",
        $"Peer {peer} was not reached yet, so its full ID is not known. Choose it once it was.");

    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<SetVisibility, Unit>
    {
        /// <exception cref="RefusedException"><c>app_unknown</c>; <c>peer_unknown</c>; <c>peer_not_reached</c>; <c>circle_unknown</c></exception>
        public async Task<Unit> Handle(SetVisibility c, CancellationToken ct)
        {
            var app = await aggregates.LoadApp(session, c.App, ct);
            var before = app.State?.Visibility ?? Visibility.None;
            var wanted = Wanted(c, before);
            if (app.Append(Domain.Apps.App.SetVisibility(app.State, c.App, wanted)) && snapshots.Find(c.Portal) is { } portal)
                await peerings.Restate(session, portal.Differing(before, wanted), clock.GetUtcNow());
            return Unit.Value;
        }

        private Visibility Wanted(SetVisibility c, Visibility before) => c.Mode switch
        {
            VisibilityMode.None => Visibility.None,
            VisibilityMode.All => Visibility.All,
            VisibilityMode.AllExcept => Visibility.AllExcept(Peers(c, before), Circles(c)),
            _ => Visibility.Some(Peers(c, before), Circles(c)),
        };

        private IEnumerable<PortalId> Peers(SetVisibility c, Visibility before) => c.Peers.Select(typed => Chosen(c.Portal, typed, before));

        private CircleSet Circles(SetVisibility c)
        {
            var known = snapshots.Find(c.Portal)?.Circles;
            return CircleSet.Of(c.Circles.Select(circle => CircleList.Require(known, circle).Id));
        }

        /// <summary>Whether the peer is in the contact list, or was chosen before it was removed from it.</summary>
        private PortalId Chosen(PortalId portal, TypedPortalId typed, Visibility visible)
        {
            if (snapshots.Find(portal)?.Peers.GetValueOrDefault(typed.Short) is { Listed: true } peer)
            {
                var id = peer.Id ?? (PortalId.TryParse(peer.Typed.Value, out var full) ? full : null);
                if (id is { } known && typed.Matches(known))
                    return known;
                if (id is null && peer.Typed.Value.StartsWith(typed.Value, StringComparison.Ordinal))
                    throw NotReached(typed.Short);
            }

            var before = visible.Peers.Where(typed.Matches).Take(2).ToList();
            return before is [var only]
                ? only
                : throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "One of the peers is not in the contact list.");
        }
    }
}
