using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>What an import does with a line of its file.</summary>
public enum ImportStep
{
    /// <summary>Adds the peer.</summary>
    Add,

    /// <summary>The peer is in the contact list already, and stays as it is.</summary>
    Known,

    /// <summary>Refuses: the line cannot be read.</summary>
    Unreadable,

    /// <summary>Refuses: there is no ID, as in the card of somebody without a Portal.</summary>
    NoId,

    /// <summary>Refuses: the ID is not one.</summary>
    BadId,

    /// <summary>Refuses: a display name cannot be like this.</summary>
    BadName,

    /// <summary>Refuses: the domain does not begin with the ID.</summary>
    BadDomain,

    /// <summary>Refuses: the note is too long.</summary>
    LongNote,

    /// <summary>Refuses: an earlier line has the same peer.</summary>
    Twice,

    /// <summary>Refuses: the ID is that of this Portal.</summary>
    Self,

    /// <summary>Refuses: another identity with the same first six characters is known.</summary>
    Taken,

    /// <summary>Refuses: the owner has blocked this Portal.</summary>
    Blocked,
}

/// <param name="Id">Null if the line has no good ID.</param>
/// <param name="Address">The domain, or null if it is the usual one.</param>
public sealed record PlannedPeer(PeerLine Line, ImportStep Step, TypedPortalId? Id, string? Address);

/// <summary>Says what an import of this file would do, line by line, and changes nothing.</summary>
public sealed record PlanImport(PortalId Portal, string File) : IRequest<IReadOnlyList<PlannedPeer>>
{
    internal sealed class Handler(IPortalSnapshots snapshots) : IRequestHandler<PlanImport, IReadOnlyList<PlannedPeer>>
    {
        /// <exception cref="RefusedException"><c>import_invalid</c>; <c>import_too_large</c></exception>
        public Task<IReadOnlyList<PlannedPeer>> Handle(PlanImport q, CancellationToken ct)
        {
            var (snapshot, seen) = (snapshots.Require(q.Portal), new HashSet<ShortId>());
            return Task.FromResult<IReadOnlyList<PlannedPeer>>([.. PeerFile.Read(q.File).Select(line => Plan(snapshot, line, seen))]);
        }

        private static PlannedPeer Plan(PortalSnapshot snapshot, PeerLine line, HashSet<ShortId> seen)
        {
            if (line.IsBroken)
                return new(line, ImportStep.Unreadable, null, null);
            if (line.Id is null)
                return new(line, ImportStep.NoId, null, null);
            if (!TypedPortalId.TryParse(line.Id, out var id))
                return new(line, ImportStep.BadId, null, null);

            var address = line.Domain?.ToLowerInvariant();
            var step = Judge(snapshot, line, id, address);
            if (step is ImportStep.Add && !seen.Add(id.Short))
                step = ImportStep.Twice;
            return new(line, step, id, address == snapshot.Portal.ZoneName(id.Short) ? null : address);
        }

        private static ImportStep Judge(PortalSnapshot snapshot, PeerLine line, TypedPortalId id, string? address)
        {
            var known = snapshot.Peers.GetValueOrDefault(id.Short);
            return known switch
            {
                _ when id.Matches(snapshot.Portal.Id) => ImportStep.Self,
                _ when id.Short == snapshot.Portal.Id.Short => ImportStep.Taken,
                { } other when !other.MayBe(id) => ImportStep.Taken,
                { Blocked: true } => ImportStep.Blocked,
                { Listed: true } => ImportStep.Known,
                _ when line.Name is { } name && !DisplayName.IsValid(name) => ImportStep.BadName,
                _ when address is not null && !PeerRules.IsDomainOf(address, id.Short) => ImportStep.BadDomain,
                _ when line.Note is { Length: > Peer.MaxNote } => ImportStep.LongNote,
                _ => ImportStep.Add,
            };
        }
    }
}
