using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Api.Tests.Peers;

/// <summary>Somebody with a key and a voice, and no Portal.</summary>
internal sealed class Stranger(PrivateKey key) : IDisposable
{
    private static readonly JsonSerializerOptions Wire = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public PublicKey Key => key.Public;

    public static Stranger Appear() => new(PrivateKey.Of(Ed25519PrivateKey.Create()));

    public static Stranger WithRsa()
    {
        using var rsa = RSA.Create(2048);
        return new Stranger(PrivateKey.Of(rsa.ExportPkcs8PrivateKey()));
    }

    /// <summary>Its notice, judged without HTTP.</summary>
    public AnswerPeering Notice(LivePortal to, long revision, WantedPeering peering = WantedPeering.Offered, string network = "198.51.100.0/24") =>
        new(to.Id, Key, "Stranger", $"{Key.Id.Short}.{Neighbourhood.Zone}", peering, revision, network);

    public async Task<(HttpStatusCode Status, byte[] Body, string[] Headers)> Send(
        LivePortal to, long revision, string peering = "offered", Action<HttpRequestMessage>? change = null, string tag = "portal-core", string? id = null,
        string? invite = null, string? domain = null)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = id ?? Key.Id.Value,
            public_key_pem = Key.Pem,
            name = "Stranger",
            domain = domain ?? $"{Key.Id.Short}.{Neighbourhood.Zone}",
            peering,
            revision,
            invite,
            a_later_member = true,
        }, Wire);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"https://{to.Domain}/core/public/peering") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(body))}:";
        foreach (var (name, value) in SignatureMaker.SignRequest(
            key, tag, "PUT", to.Domain, $"https://{to.Domain}/core/public/peering", digest, to.Zone.Clock.GetUtcNow().ToUnixTimeSeconds(), toOriginal: false))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        change?.Invoke(request);
        using var client = to.Zone.Client();
        using var answer = await client.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(), [.. answer.Headers.Concat(answer.Content.Headers).Select(h => h.Key).Order()]);
    }

    /// <summary>Signs a notice anew, well and without a tag: as an app on an original core can have that core sign what it likes.</summary>
    public void SignWithoutTag(HttpRequestMessage notice)
    {
        var (uri, input) = (notice.RequestUri!, notice.Headers.GetValues("Signature-Input").Single());
        var untagged = input[..input.LastIndexOf(";tag=", StringComparison.Ordinal)];
        var signed = $"\"@method\": PUT\n\"@authority\": {uri.Host}\n\"@target-uri\": {uri}\n\"content-digest\": "
            + $"{notice.Headers.GetValues("Content-Digest").Single()}\n\"@signature-params\": {untagged["sig1=".Length..]}";
        var signature = new byte[key.SignatureLength];
        key.Sign(Encoding.ASCII.GetBytes(signed), signature);
        foreach (var (name, value) in new[] { ("Signature-Input", untagged), ("Signature", $"sig1=:{Convert.ToBase64String(signature)}:") })
        {
            notice.Headers.Remove(name);
            notice.Headers.TryAddWithoutValidation(name, value);
        }
    }

    public void Dispose() => key.Dispose();
}
