using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>Header fields in the order of the wire, found whatever the case of their names.</summary>
internal sealed class WireFields(IEnumerable<KeyValuePair<string, string>> lines) : IFields
{
    internal List<KeyValuePair<string, string>> Lines { get; } = [.. lines];

    public IReadOnlyList<string> Get(string name) =>
        [.. Lines.Where(line => line.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line.Value)];
}

internal sealed class FixedClock(long unixSeconds) : TimeProvider
{
    internal long Now { get; set; } = unixSeconds;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
}

/// <summary>A signed request as one Portal would send it to an app on another.</summary>
internal static class Given
{
    internal const long Now = 1_790_000_000;
    internal const string Authority = "notes.bbbbbb.portal.example";
    internal static readonly PrivateKey Ed25519 = PrivateKey.Of(Ed25519PrivateKey.Create());
    internal static readonly PrivateKey OtherEd25519 = PrivateKey.Of(Ed25519PrivateKey.Create());
    internal static readonly PrivateKey Rsa = PrivateKey.Of(Rsa2048());

    internal static Signer SignerOf(PrivateKey key, bool isOriginal = false) => new(key.Public.Id, key.Public, isOriginal);

    internal static ReceivedRequest Request(
        PrivateKey key, string tag = "portal-peer", string method = "POST", string target = "/api/notes?x=1", string body = "{}", long now = Now)
    {
        var digest = ContentDigest.Field(Encoding.UTF8.GetBytes(body));
        var fields = SignatureMaker.SignRequest(key, tag, method, Authority, $"https://{Authority}{target}", digest, now, toOriginal: false);
        return new ReceivedRequest(method, "https", Authority, target, new WireFields(fields));
    }

    internal static SignatureVerdict Judge(
        ReceivedRequest request, Signer? signer, VerificationPlace place = VerificationPlace.App, string? body = null, long now = Now) =>
        Verifier.Judge(SignedMessage.Of(request), SignatureProfile.Of(place), _ => signer, Encoding.UTF8.GetBytes(body ?? ""), body is not null, now, out _);

    private static byte[] Rsa2048()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKey();
    }
}
