using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Puts several peers into one circle, and takes others out of it. Their other circles stay as they are.</summary>
public sealed record ChangeCirclePeers(PortalId Portal, CircleId Circle, IReadOnlyCollection<TypedPortalId> Add, IReadOnlyCollection<TypedPortalId> Remove)
    : ICommand
{
    /// <summary>Each peer has its own stream, and all are written in one transaction. For more peers, several commands are sent.</summary>
    public const int MaxPeers = 100;

    /// <summary>The commands that change any number of peers.</summary>
    public static IEnumerable<ChangeCirclePeers> Of(
        PortalId portal, CircleId circle, IEnumerable<TypedPortalId> add, IEnumerable<TypedPortalId> remove) =>
        add.Select(id => (id, adds: true)).Concat(remove.Select(id => (id, adds: false))).Chunk(MaxPeers).Select(some => new ChangeCirclePeers(
            portal, circle, [.. some.Where(one => one.adds).Select(one => one.id)], [.. some.Where(one => !one.adds).Select(one => one.id)]));

    public sealed class Validator : AbstractValidator<ChangeCirclePeers>
    {
        public Validator() => RuleFor(c => c.Add.Count + c.Remove.Count).LessThanOrEqualTo(MaxPeers)
            .WithMessage($"At most {MaxPeers} peers are changed at once.");
    }

    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<ChangeCirclePeers, Unit>
    {
        /// <exception cref="RefusedException"><c>circle_unknown</c>; <c>peer_unknown</c></exception>
        public async Task<Unit> Handle(ChangeCirclePeers c, CancellationToken ct)
        {
            var (portal, told) = (snapshots.Require(c.Portal), new List<ShortId>());
            CircleList.Require(portal.Circles, c.Circle);
            var wanted = c.Add.Select(id => (Id: id, Adds: true)).Concat(c.Remove.Select(id => (Id: id, Adds: false)));
            foreach (var (id, adds) in wanted.DistinctBy(one => one.Id.Short).OrderBy(one => one.Id.Short.Value, StringComparer.Ordinal))
            {
                var peer = await aggregates.LoadPeer(session, id.Short, ct);
                var known = peer.State.Meant(id);
                var after = adds ? known.Circles.With(c.Circle) : known.Circles.Without(c.Circle);
                if (peer.Append(Peer.SetCircles(known, after)) && portal.SeeDifferently(known, after))
                    told.Add(known.Short);
            }

            await peerings.Restate(session, told, clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
