using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Returns what a Portal tells anybody about itself.</summary>
/// <param name="Email">Null unless the owner made it public.</param>
public sealed record PublicIdentity(PortalId Id, PublicKey Key, string Domain, string Name, string? Email, string? Description)
{
    /// <summary>The same for a Portal with the original core, which can only read some names. Only an RSA key can talk to originals.</summary>
    public PublicIdentity ToOriginal() => Key.Kind == KeyKind.Rsa ? this with { Name = OriginalName.Of(Name, Id.Short) } : this;
}

public sealed record ShowIdentity(PortalId Portal) : IRequest<PublicIdentity>
{
    internal sealed class Handler(IPortalSnapshots snapshots) : IRequestHandler<ShowIdentity, PublicIdentity>
    {
        /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
        public Task<PublicIdentity> Handle(ShowIdentity c, CancellationToken ct)
        {
            var row = snapshots.Find(c.Portal)?.Portal
                ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "No such Portal lives here.");
            return Task.FromResult(new PublicIdentity(row.Id, row.Key, row.Domain, row.Name, row.EmailPublic ? row.Email : null, row.Description));
        }
    }
}
