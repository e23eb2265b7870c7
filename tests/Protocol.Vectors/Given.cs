using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>Header fields in the order of the wire, found whatever the case of their names.</summary>
internal sealed class WireFields(IEnumerable<KeyValuePair<string, string>> lines) : IFields
{
    internal List<KeyValuePair<string, string>> Lines { get; } = [.. lines];

    public IReadOnlyList<string> Get(string name) =>
        [.. Lines.Where(line => line.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(line => line.Value)];

    internal WireFields With(string name, string value) => new([.. Lines.Where(line => line.Key != name), new(name, value)]);

    internal WireFields And(string name, string value) => new([.. Lines, new(name, value)]);

    internal WireFields Without(string name) => new(Lines.Where(line => line.Key != name));
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
    internal const string Body = "{}";
    internal const string Components = """("@method" "@authority" "@target-uri" "content-digest")""";
    internal static readonly PrivateKey Ed25519 = PrivateKey.Of(Ed25519PrivateKey.Create());
    internal static readonly PrivateKey OtherEd25519 = PrivateKey.Of(Ed25519PrivateKey.Create());
    internal static readonly PrivateKey Rsa = PrivateKey.Of(Rsa2048());

    internal static Signer SignerOf(PrivateKey key, bool isOriginal = false) => new(key.Public.Id, key.Public, isOriginal);

    /// <summary>As our own code signs it.</summary>
    internal static ReceivedRequest Request(
        PrivateKey key, string tag = "portal-peer", string method = "POST", string target = "/api/notes?x=1", string body = Body, long now = Now)
    {
        var digest = ContentDigest.Field(Encoding.UTF8.GetBytes(body));
        var fields = SignatureMaker.SignRequest(key, tag, method, Authority, $"https://{Authority}{target}", digest, now, toOriginal: false);
        return new ReceivedRequest(method, "https", Authority, target, new WireFields(fields));
    }

    /// <summary>The parameters of a good signature, to take one out or change it.</summary>
    internal static string Parameters(
        PrivateKey key, string components = Components, string? created = null, string? expires = null, string? nonce = "b3k2pp5k7z-50gnwp.yemd",
        string? keyId = null,
        string? algorithm = null, string? tag = "portal-peer") =>
        $"{components};created={created ?? Now.ToString()};expires={expires ?? (Now + 60).ToString()}"
        + (nonce is null ? "" : $";nonce=\"{nonce}\"")
        + $";keyid=\"{keyId ?? Verifier.KeyIdOf(key.Public)}\";alg=\"{algorithm ?? SignatureKeys.Algorithm(key.Public)}\""
        + (tag is null ? "" : $";tag=\"{tag}\"");

    /// <summary>Correctly signed over whatever the parameters say, right or wrong.</summary>
    internal static ReceivedRequest SignedWith(PrivateKey key, string parameters, WireFields? fields = null, string label = "sig1")
    {
        var all = fields ?? new WireFields([new("Content-Digest", ContentDigest.Field(Encoding.UTF8.GetBytes(Body)))]);
        var request = new ReceivedRequest("POST", "https", Authority, "/api/notes?x=1", all);
        var (text, _) = Rfc9421Message.BaseOf(SignedMessage.Of(request), parameters);
        var signature = new byte[key.SignatureLength];
        key.Sign(Encoding.ASCII.GetBytes(text ?? ""), signature);
        return request with
        {
            Fields = all.And("Signature-Input", $"{label}={parameters}").And("Signature", $"{label}=:{Convert.ToBase64String(signature)}:"),
        };
    }

    internal static SignatureVerdict Verify(
        ReceivedRequest request, Signer? signer, VerificationPlace place = VerificationPlace.App, string? body = null, long now = Now) =>
        Verifier.Verify(SignedMessage.Of(request), SignatureProfile.Of(place), _ => signer, Encoding.UTF8.GetBytes(body ?? ""), body is not null, now, out _);

    private static byte[] Rsa2048()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportPkcs8PrivateKey();
    }
}
