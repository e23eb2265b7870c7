using System.Buffers.Text;
using System.Security.Cryptography;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>What a Portal answers to <c>whoareyou</c>. Its domain is a claim, and who asks decides what the signature must be.</summary>
/// <param name="Key">The key whose ID the answer gives.</param>
internal sealed record WhoAreYou(PublicKey Key, string? Name, string? Domain, string? Description, int? Port)
{
    /// <summary>The request's path and query, with a challenge of 32 random bytes that no other request has.</summary>
    public static string Target() => "/core/public/meta/whoareyou?challenge=" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <exception cref="RefusedException">Those of <see cref="PeerAnswers.Unexpected"/> and <see cref="PeerAnswers.Read"/>; <c>key_mismatch</c></exception>
    public static WhoAreYou Read(PeerAnswer answer, TimeProvider clock)
    {
        if (answer.Status != 200)
            throw PeerAnswers.Unexpected(answer, clock);

        var claim = PeerAnswers.Read<Body>(answer);
        var key = PublicKey.Parse(claim.PublicKeyPem);
        return key.Id.Value == claim.Id ? new WhoAreYou(key, claim.Name, claim.Domain, claim.Description, claim.Port) : throw PeerFault.KeyMismatch.Refusal();
    }

    private sealed record Body(string Id, string PublicKeyPem, string? Name, string? Domain, string? Description = null, int? Port = null);
}
