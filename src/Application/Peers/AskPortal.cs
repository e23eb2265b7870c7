using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A Portal that the owner may add.</summary>
/// <param name="Id">What is known of its ID: the full one if it was reached, otherwise what was pasted.</param>
/// <param name="Name">The name that it gives itself; null if it gives none or was not reached.</param>
/// <param name="Address">The address at which it is to be contacted. If it was reached, it answered there under its own name.</param>
/// <param name="HasPicture">Whether <see cref="AskedPictures"/> has its picture.</param>
/// <param name="Fault">Why it was not reached, or null if it was. It can be added all the same.</param>
public sealed record AskedPortal(TypedPortalId Id, string? Name, string Address, bool HasPicture, RefusedException? Fault)
{
    public bool IsReached => Fault is null;
}

/// <summary>
/// Asks the host of a pasted text which Portal it is, before the owner adds it. Nothing is recorded, and the key is not pinned by it. It takes at most
/// ten seconds, and an owner can ask ten times a minute, so that a page that makes the owner's browser open ours cannot use this Portal to send requests.
/// </summary>
/// <param name="IsAsked">False to send nothing: the result is then what the text itself says.</param>
public sealed record AskPortal(PortalId Portal, PastedPeer Pasted, bool IsAsked = true) : IRequest<AskedPortal>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <exception cref="RefusedException">
    /// <c>peer_is_self</c>; <c>rate_limited</c>; the code of a <see cref="PeerFault"/> if another Portal answers than the one that was pasted, or if nobody
    /// answers and the text has no ID
    /// </exception>
    internal sealed class Handler(
        IAggregates aggregates, IPortalSnapshots snapshots, IPeerMessages messages, AskedPictures pictures, AskLimits limits, TimeProvider clock)
        : IRequestHandler<AskPortal, AskedPortal>
    {
        public async Task<AskedPortal> Handle(AskPortal c, CancellationToken ct)
        {
            var self = snapshots.Require(c.Portal).Portal;
            if (c.Pasted.Id?.Matches(self.Id) is true || c.Pasted.Address == self.Domain)
                throw PeerRefusals.IsSelf();

            var address = c.Pasted.Address ?? await Usual(c, self, ct);
            if (!c.IsAsked)
                return new AskedPortal(c.Pasted.LikelyId ?? throw PeerRefusals.TextUnreadable(), null, address, HasPicture: false, Fault: null);

            limits.Take(c.Portal);
            using var deadline = new CancellationTokenSource(Deadline, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
            try
            {
                return await Ask(c, address, self, either.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Unreached(c, address, PeerFault.TimedOut.Refusal());
            }
            catch (RefusedException refused) when (refused.Kind is RefusalKind.Unreachable or RefusalKind.TimedOut)
            {
                return Unreached(c, address, refused);
            }
        }

        /// <summary>
        /// The address of a Portal of which only the ID was pasted: the one that it had when it was last in the list, else its name in our zone.
        /// </summary>
        private async Task<string> Usual(AskPortal c, Portal self, CancellationToken ct)
        {
            var id = c.Pasted.Id!.Value;
            return await aggregates.ReadPeer(c.Portal, id.Short, ct) is { Domain.Length: > 0 } known && known.MayBe(id)
                ? known.Domain
                : self.ZoneName(id.Short);
        }

        private async Task<AskedPortal> Ask(AskPortal c, string address, Portal self, CancellationToken ct)
        {
            var claim = await Identify(c.Portal, address, ct);
            var key = claim.Key;
            var own = PeerRules.Address(claim.Domain ?? "", claim.Port);
            if (!string.Equals(claim.Domain, PeerRules.HostOf(address), StringComparison.OrdinalIgnoreCase))
            {
                // The text named another host of the same Portal, such as that of an app. It counts if the Portal answers under the name that it gives.
                address = PeerRules.IsDomainOf(own, key.Id.Short) ? own.ToLowerInvariant() : throw PeerFault.DomainMismatch.Refusal();
                if ((await Identify(c.Portal, address, ct)).Key != key)
                    throw PeerFault.DomainMismatch.Refusal();
            }

            if (!PeerRules.IsDomainOf(address, key.Id.Short))
                throw PeerFault.DomainMismatch.Refusal();
            if (key.Id == self.Id)
                throw PeerRefusals.IsSelf();
            if (c.Pasted.Id?.Matches(key.Id) is false)
                throw PeerFault.IdentityRefused.Refusal($"Its ID is {key.Id}.");

            var hasPicture = await FetchPicture(c.Portal, address, key.Id, ct);
            return new AskedPortal(TypedPortalId.Of(key.Id), DisplayName.Claimed(claim.Name), address, hasPicture, Fault: null);
        }

        private async Task<WhoAreYou> Identify(PortalId self, string address, CancellationToken ct)
        {
            var answer = await messages.Send(Question(self, address, WhoAreYou.Target()), ct);
            var claim = WhoAreYou.Read(answer, clock);
            return answer.VerifyWith(claim.Key) switch
            {
                null => claim,
                SignatureReasons.Missing when claim.Key.Kind == KeyKind.Rsa => claim, // originals do not sign responses
                var reason => throw PeerAnswers.Unsigned(reason, answer),
            };
        }

        private async Task<bool> FetchPicture(PortalId self, string address, PortalId peer, CancellationToken ct)
        {
            try
            {
                var answer = await messages.Send(Question(self, address, FetchPeerPicture.Path), ct);
                if (answer.Status != 200)
                    return false;
                AvatarImage.Sniff(answer.Body.Span);
                pictures.Keep(self, peer, answer.Body.ToArray());
                return true;
            }
            catch (Exception e) when (e is RefusedException or OperationCanceledException)
            {
                return false; // a drawing of the ID stands in its place
            }
        }

        private static AskedPortal Unreached(AskPortal c, string address, RefusedException fault) =>
            c.Pasted.LikelyId is { } id && PeerRules.IsDomainOf(address, id.Short) ? new AskedPortal(id, null, address, HasPicture: false, fault) : throw fault;

        private static PeerMessage Question(PortalId self, string address, string path) =>
            new(self, HttpMethod.Get, address, path, default, Signed: false, ExpectedSigner: null, ToOriginal: false);
    }
}
