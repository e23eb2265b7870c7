using FluentValidation;
using MediatR;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Originals;

/// <summary>
/// Takes an original over: a Portal with the same key and ID for each of its identities. The default one gets the peers with their pinned keys, the names
/// of the terminals and the descriptions of the apps. Nothing is changed in the folder.
/// </summary>
/// <param name="Folder">The data folder of the original, in which <c>core</c> is.</param>
/// <param name="Zone">The parent of the domain. The peers look for the Portal in the zone that the original had.</param>
/// <param name="AreAllPeersVisible">
/// Whether each app sees all peers, as with the original, or none. Null if the owner has not chosen, which is refused if there are apps and peers.
/// </param>
/// <param name="EmailPublic">Whether the e-mail address is public, as with the original.</param>
/// <param name="IsDryRun">Whether nothing is stored.</param>
public sealed record ImportOriginal(string Folder, string Zone, bool? AreAllPeersVisible, bool EmailPublic, bool IsDryRun) : IRequest<OriginalPlan>
{
    public sealed class Validator : AbstractValidator<ImportOriginal>
    {
        public Validator() => RuleFor(c => c.Folder).NotEmpty();
    }

    internal static RefusedException Exists(PortalId id) =>
        new(RefusalKind.Conflict, "portal_exists", $"Portal {id.Short} is in this registry already.");

    internal sealed class Handler(
        IOriginalFolders folders, IKeyVault vault, IPictures pictures, IPortalSnapshots snapshots, RegistryOptions options, IMediator mediator)
        : IRequestHandler<ImportOriginal, OriginalPlan>
    {
        /// <returns>What was stored, or would be.</returns>
        /// <exception cref="RefusedException">
        /// <c>import_source_missing</c>; <c>import_source_invalid</c>; <c>import_key_invalid</c>; <c>portal_exists</c>; <c>visibility_required</c>
        /// </exception>
        public async Task<OriginalPlan> Handle(ImportOriginal c, CancellationToken ct)
        {
            var data = await folders.Read(c.Folder, ct);
            var oldest = snapshots.All.Count == 0 ? null : (await mediator.Send(new FindDefaultPortal(), ct)).Portal;
            var plan = await new OriginalPlanner(vault, pictures, Check).Make(data, ct);
            if (plan.Portals.FirstOrDefault(portal => snapshots.Find(portal.Id) is not null) is { } known)
                throw Exists(known.Id);

            if (c.AreAllPeersVisible is null && plan.Portals.Any(portal => portal is { Apps.Count: > 0, Peers.Count: > 0 }))
            {
                throw new RefusedException(RefusalKind.Invalid, "visibility_required",
                    "Choose which peers the apps see: --visibility all, as with the original, or --visibility none, so that no app knows of any peer.");
            }

            if (!c.IsDryRun)
            {
                foreach (var portal in plan.Portals)
                    await mediator.Send(new StoreOriginal(portal.Id, portal, c.Zone, c.AreAllPeersVisible is true, c.EmailPublic), ct);
            }

            return plan;

            void Check(PortalId portal, AppMeta meta) =>
                new AppUpstreams(snapshots.All, oldest?.Id ?? portal, options).Check(new AppPlace(portal, meta.Name), meta);
        }
    }
}
