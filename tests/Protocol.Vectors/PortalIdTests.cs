using System.Security.Cryptography;
using System.Text.Json;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

public class PortalIdTests
{
    private static readonly JsonElement File = VectorFile.Read("portal-ids.json");

    public static TheoryData<string> Keys => Names("keys");

    public static TheoryData<string> Spellings => Names("inputVariants");

    public static TheoryData<int> Encodings => [.. Enumerable.Range(0, File.GetProperty("humanEncoding").GetProperty("encode").GetArrayLength())];

    public static TheoryData<int> Typings => [.. Enumerable.Range(0, File.GetProperty("humanEncoding").GetProperty("decode").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_has_the_ID_that_the_original_derives(string name)
    {
        var vector = Find("keys", name);
        var key = PublicKey.Parse(vector.Text("publicKeyPem"));

        Assert.Equal(vector.Text("id"), key.Id.Value);
        Assert.Equal(vector.Text("shortId"), key.Id.Short.Value);
        Assert.Equal(vector.Text("kind").StartsWith("RSA", StringComparison.Ordinal) ? KeyKind.Rsa : KeyKind.Ed25519, key.Kind);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_private_key_brings_the_same_public_key(string name)
    {
        var vector = Find("keys", name);
        using var key = PrivateKey.Of(Pkcs8(vector.Text("privateKeyPkcs8Pem")));

        Assert.Equal(vector.Text("publicKeyPem"), key.Public.Pem);
    }

    /// <summary>The original parses and writes anew; we refuse, since the text itself is what everybody hashes.</summary>
    [Theory]
    [MemberData(nameof(Spellings))]
    public void Only_the_spelling_that_hashes_to_the_ID_is_accepted(string name)
    {
        var vector = Find("inputVariants", name);
        if (vector.GetProperty("naiveHashOfThisTextGivesSameId").GetBoolean())
            Assert.Equal(vector.Text("upstreamId"), PublicKey.Parse(vector.Text("pem")).Id.Value);
        else
            Assert.Equal("key_malformed", Assert.Throws<RefusedException>(() => PublicKey.Parse(vector.Text("pem"))).Code);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Bytes_are_encoded_as_the_original_does(int index)
    {
        var vector = File.GetProperty("humanEncoding").GetProperty("encode")[index];

        Assert.Equal(vector.Text("text"), HumanEncoding.Encode(Convert.FromHexString(vector.Text("hex"))));
    }

    /// <summary>What somebody types is never decoded, only compared: so all of the alphabet is taken, in upper case and with gaps too.</summary>
    [Theory]
    [MemberData(nameof(Typings))]
    public void Typed_text_is_accepted_by_its_alphabet_and_length(int index)
    {
        var text = File.GetProperty("humanEncoding").GetProperty("decode")[index].Text("text");
        var normal = text.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        var good = normal.Length is >= 6 and <= 103 && normal.All(HumanEncoding.Alphabet.Contains);

        Assert.Equal(good, TypedPortalId.TryParse(text, out var id));
        if (good)
            Assert.Equal(normal, id.Value);
    }

    [Fact]
    public void A_typed_ID_may_have_capitals_spaces_and_dashes()
    {
        var id = Given.Ed25519.Public.Id;
        var typed = TypedPortalId.Parse(
            string.Join(' ', id.Value.ToUpperInvariant().Chunk(6).Select(group => new string(group))).Replace("  ", "-", StringComparison.Ordinal));

        Assert.True(typed.IsFull);
        Assert.True(typed.Matches(id));
        Assert.Equal(id.Short, typed.Short);
    }

    [Fact]
    public void A_weak_RSA_key_is_refused_with_its_reason()
    {
        using var small = RSA.Create(1024);
        Assert.Equal("key_weak", Refused(small.ExportSubjectPublicKeyInfoPem() + "\n"));

        var good = new RSAParameters { Modulus = new byte[256], Exponent = [3] };
        good.Modulus[0] = 0xC1;
        good.Modulus[255] = 1;
        using var exponent = RSA.Create(good);
        Assert.Equal("key_weak", Refused(exponent.ExportSubjectPublicKeyInfoPem() + "\n"));

        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal("key_type_unknown", Refused(curve.ExportSubjectPublicKeyInfoPem() + "\n"));
    }

    private static string Refused(string pem) => Assert.Throws<RefusedException>(() => PublicKey.Parse(pem)).Code;

    internal static byte[] Pkcs8(string pem)
    {
        var fields = PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }

    private static JsonElement Find(string list, string name) => File.GetProperty(list).EnumerateArray().Single(e => e.Text("name") == name);

    private static TheoryData<string> Names(string list) => [.. File.GetProperty(list).EnumerateArray().Select(e => e.Text("name"))];
}
