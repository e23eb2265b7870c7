using MediatR;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A Portal that calls an app here although it is not in the contact list.</summary>
/// <param name="Short">The ID that the caller claims. Nothing proves it, since its key is not known.</param>
/// <param name="App">The app that it called last.</param>
public sealed record UnknownCaller(ShortId Short, string App, DateTimeOffset LastCallAt);

/// <summary>
/// Finds Portals that call without being in the contact list, the latest first. An original core cannot send an offer, so its calls are all that the
/// owner can learn of it. They are read from the refused calls in memory: nothing more is stored, and nobody is asked until the owner adds the caller.
/// </summary>
public sealed record FindUnknownCallers(PortalId Portal) : IRequest<IReadOnlyList<UnknownCaller>>
{
    private const int AtMost = 20;
    private const int AtMostOfNetwork = 3;
    private const int Searched = 1000;

    internal sealed class Handler(IRefusedCalls refused, IPortalSnapshots snapshots) : IRequestHandler<FindUnknownCallers, IReadOnlyList<UnknownCaller>>
    {
        public Task<IReadOnlyList<UnknownCaller>> Handle(FindUnknownCallers q, CancellationToken ct)
        {
            var portal = snapshots.Require(q.Portal);
            var found = refused.Latest(q.Portal, Searched)
                .Select(call => (call.Network, Caller: Read(call, portal)))
                .Where(call => call.Caller is not null)
                .GroupBy(call => call.Network)
                .SelectMany(network => network.Select(call => call.Caller!).DistinctBy(caller => caller.Short).Take(AtMostOfNetwork))
                .OrderByDescending(caller => caller.LastCallAt)
                .DistinctBy(caller => caller.Short)
                .Take(AtMost);
            return Task.FromResult<IReadOnlyList<UnknownCaller>>([.. found]);
        }

        /// <summary>A Portal of our own kind with an Ed25519 key gives its full ID. It is left out, because it can send an offer.</summary>
        private static UnknownCaller? Read(RefusedCall call, PortalSnapshot portal) =>
            call is { Reason: SignatureReasons.SignerUnknown, App: { } app } && portal.Apps.ContainsKey(app) && ShortId.TryParse(call.KeyId ?? "", out var id)
                && id != portal.Portal.Id.Short && portal.Peers.GetValueOrDefault(id) is not ({ Listed: true } or { Blocked: true })
                ? new UnknownCaller(id, app, call.At)
                : null;
    }
}
