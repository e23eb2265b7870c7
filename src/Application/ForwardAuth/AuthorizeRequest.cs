using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.ForwardAuth;

/// <param name="Body">Null if the proxy does not forward the body. Its digest must then be covered, but is not compared.</param>
/// <param name="Network">Returns the caller's network, a /24 or /48. Called only if the signature is refused.</param>
public sealed record SignedRequest(ReceivedRequest Received, ReadOnlyMemory<byte>? Body, Func<string> Network);

/// <param name="Portal">The snapshot that decided.</param>
/// <param name="Access">What was decided about, with the signer if the signature was verified.</param>
/// <param name="Signature">The verified signature, or one without a signer.</param>
public readonly record struct Authorization(PortalSnapshot Portal, AccessRequest Access, AccessVerdict Verdict, SignatureVerdict Signature)
{
    /// <summary>The digest of the empty body (RFC 9530). An original signs no digest, so no body of its request may count as signed.</summary>
    private const string EmptyDigest = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";

    /// <summary>The <c>Content-Digest</c> that a verified signature covers, for the app to compare with the body, else empty.</summary>
    public string ContentDigest => Signature.Signer is null ? "" : Signature.ContentDigest ?? EmptyDigest;
}

/// <summary>Decides whether a request to an app is let through, and identifies its client.</summary>
/// <param name="Portal">The snapshot at the start of the request.</param>
/// <param name="Access">Without <see cref="AccessRequest.Signer"/>, which the handler finds.</param>
/// <param name="Signed">Null if the request has no signature.</param>
public sealed record AuthorizeRequest(PortalSnapshot Portal, AccessRequest Access, SignedRequest? Signed) : IHotPathRequest<Authorization>
{
    internal sealed class Handler(
        IPortalSnapshots snapshots, ISnapshotTrust trust, ISignatures signatures, IRefusedCalls refusals, IPeerContacts contacts,
        IServiceScopeFactory scopes, TimeProvider clock) : IRequestHandler<AuthorizeRequest, Authorization>
    {
        /// <exception cref="RefusedException"><c>guard_cold</c>; <c>guard_full</c>; <c>guard_quota</c>; <c>database_unavailable</c></exception>
        public Task<Authorization> Handle(AuthorizeRequest c, CancellationToken ct) =>
            c.Signed is null && Decide(c, default) is var authorization && trust.Holds ? Task.FromResult(authorization) : Verified(c, ct);

        private async Task<Authorization> Verified(AuthorizeRequest c, CancellationToken ct)
        {
            var signature = c.Signed is { } signed ? await Verify(c, signed, ct) : default;
            var authorization = Decide(c, signature);
            while (!trust.Holds)
            {
                // The process was paused after the first look, or verifying took long.
                await trust.Require(ct);
                authorization = Decide(c, signature);
            }

            return authorization;
        }

        /// <summary>Uses the newest snapshot, because verifying took a moment.</summary>
        private Authorization Decide(AuthorizeRequest c, in SignatureVerdict signature)
        {
            var portal = snapshots.Find(c.Portal.Portal.Id) ?? c.Portal;
            var access = signature.Signer is { } signer ? c.Access with { Signer = signer } : c.Access;
            return new(portal, access, AccessPolicy.Decide(portal, access, clock.GetUtcNow()), signature);
        }

        /// <summary>An invalid signature is recorded, and its sender counts as anonymous.</summary>
        private async ValueTask<SignatureVerdict> Verify(AuthorizeRequest c, SignedRequest signed, CancellationToken ct)
        {
            var (portal, app) = (c.Portal, c.Access.App);
            var verdict = await signatures.Verify(
                signed.Received, VerificationPlace.App, keyId => AccessPolicy.FindSigner(portal, app, keyId), signed.Body, ct);
            if (verdict.Reason is not null)
            {
                refusals.Record(portal.Portal.Id, app, c.Access.Target, signed.Network(), verdict);
                if (SignatureReasons.TryAgain(verdict.Reason) is { } tryAgain)
                    throw tryAgain;
            }
            else if (verdict.Signer is { } signer)
            {
                await Heard(portal, signer, verdict.Tagged, ct);
            }

            return verdict;
        }

        private async ValueTask Heard(PortalSnapshot portal, Signer signer, bool tagged, CancellationToken ct)
        {
            if (!signer.IsOriginal)
            {
                contacts.Heard(portal.Portal.Id, signer.Id.Short);
                return;
            }

            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CurrentActor>().Actor = Actor.Peer(signer.Id);
            await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ConfirmByCall(portal.Portal.Id, signer.Key, tagged), ct);
        }
    }
}
