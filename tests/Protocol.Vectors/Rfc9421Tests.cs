using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

public class Rfc9421Tests
{
    private static readonly JsonElement File = VectorFile.Read("rfc9421.json");

    public static TheoryData<string> Signatures => [.. File.GetProperty("signatures").EnumerateArray().Select(e => e.Text("id"))];

    public static TheoryData<string> Transformations => [.. File.GetProperty("transformations").EnumerateArray().Select(e => e.Text("id"))];

    public static TheoryData<int> ComponentValues => Indices(File.GetProperty("componentValues"));

    public static TheoryData<int> ComponentLists => Indices(File.GetProperty("componentLists"));

    public static TheoryData<int> Digests => Indices(File.GetProperty("contentDigest").GetProperty("digests"));

    public static TheoryData<int> DigestFields => Indices(File.GetProperty("contentDigest").GetProperty("fields"));

    [Theory]
    [MemberData(nameof(Signatures))]
    public void A_signature_of_the_RFC_has_this_base_and_verifies(string id)
    {
        var vector = Find("signatures", id);
        var message = Rfc9421Message.Read(File.GetProperty("messages").GetProperty(vector.Text("message")));
        var (text, reason) = Rfc9421Message.BaseOf(message, vector.Text("signatureParams"));

        Assert.Null(reason);
        Assert.Equal(vector.Text("signatureBase"), text);
        var signature = Convert.FromBase64String(vector.Text("signatureBase64"));
        Assert.True(Verify(vector.Text("alg"), vector.Text("keyid"), text!, signature));

        signature[^1] ^= 1;
        Assert.False(Verify(vector.Text("alg"), vector.Text("keyid"), text!, signature));
    }

    [Theory]
    [MemberData(nameof(Signatures))]
    public void A_signature_of_the_RFC_is_made_to_the_byte_where_that_can_be(string id)
    {
        var vector = Find("signatures", id);
        var made = Sign(vector.Text("alg"), vector.Text("keyid"), Encoding.ASCII.GetBytes(vector.Text("signatureBase")));
        if (vector.GetProperty("deterministic").GetBoolean())
            Assert.Equal(vector.Text("signatureBase64"), Convert.ToBase64String(made));
        else
            Assert.True(Verify(vector.Text("alg"), vector.Text("keyid"), vector.Text("signatureBase"), made));
    }

    [Theory]
    [MemberData(nameof(Transformations))]
    public void A_transformed_message_verifies_only_where_nothing_covered_changed(string id)
    {
        var vector = Find("transformations", id);
        var message = Rfc9421Message.Read(File.GetProperty("messages").GetProperty(vector.Text("message")));
        var inputs = FieldParser.Parse(string.Join(", ", message.Fields.Get("signature-input")), FieldType.Dictionary);
        var signatures = FieldParser.Parse(string.Join(", ", message.Fields.Get("signature")), FieldType.Dictionary);
        var (text, _) = Rfc9421Message.BaseOf(message, FieldSerializer.Serialize(inputs.Find(vector.Text("label"))!));

        Assert.Equal(vector.Text("signatureBase"), text);
        var signature = signatures.Find(vector.Text("label"))!.Value.Bytes.ToArray();
        Assert.Equal(vector.GetProperty("expectValid").GetBoolean(), Verify(vector.Text("alg"), vector.Text("keyid"), text!, signature));
    }

    [Theory]
    [MemberData(nameof(ComponentValues))]
    public void A_component_has_this_value(int index)
    {
        var vector = File.GetProperty("componentValues")[index];
        var (text, reason) = Rfc9421Message.BaseOf(Rfc9421Message.Read(vector.GetProperty("message")), $"({vector.Text("component")})");

        if (vector.Flag("mustFail"))
            Assert.NotNull(reason);
        else
            Assert.Equal($"{vector.Text("component")}: {vector.Text("expected")}", text?.Split('\n')[0]);
    }

    [Theory]
    [MemberData(nameof(ComponentLists))]
    public void A_component_is_covered_once(int index)
    {
        var vector = File.GetProperty("componentLists")[index];
        var input = new SignatureInput(stackalloc Component[SignatureInput.MaxComponents]);
        scoped var reader = new FieldReader(vector.Text("signatureParams"));

        Assert.Equal(!vector.GetProperty("mustFail").GetBoolean(), input.Read(ref reader));
    }

    [Theory]
    [InlineData("\"@method\";req", "component_unknown")] // a request is bound to no other
    [InlineData("\"host\";req", "component_unknown")]
    [InlineData("\"@status\"", "component_unknown")] // of answers only
    [InlineData("\"@path\";sf", "component_unknown")]
    [InlineData("\"@method\";name=\"x\"", "component_unknown")]
    [InlineData("\"host\";name=\"x\"", "component_unknown")]
    [InlineData("\"host\";foo", "component_unknown")]
    [InlineData("\"host\";sf=?0", "component_unknown")]
    [InlineData("\"Host\"", "component_unknown")]
    [InlineData("\"\"", "component_unknown")]
    [InlineData("\"example-dict\";bs;sf", "component_unknown")]
    [InlineData("\"host\";sf", "component_unknown")] // no structured field that we know of
    [InlineData("\"cache-control\";tr", "component_missing")]
    [InlineData("\"x-absent\"", "component_missing")]
    [InlineData("\"example-dict\";key=\"z\"", "component_missing")]
    [InlineData("\"x-obs-fold-header\"", null)]
    public void A_component_that_has_no_clear_value_has_none(string component, string? reason)
    {
        var message = Rfc9421Message.Read(File.GetProperty("componentValues")[0].GetProperty("message"));
        Assert.Equal(reason, Rfc9421Message.BaseOf(message, $"({component})").Reason);
    }

    [Fact]
    public void A_folded_line_becomes_one()
    {
        var message = Rfc9421Message.Read(File.GetProperty("componentValues")[0].GetProperty("message"));
        Assert.StartsWith("\"x-obs-fold-header\": Obsolete line folding.\n", Rfc9421Message.BaseOf(message, "(\"x-obs-fold-header\")").Base,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_keep_their_order()
    {
        var value = File.GetProperty("signatureParamsSerialization").Text("value");
        var message = Rfc9421Message.Read(File.GetProperty("componentValues")[0].GetProperty("message"));

        Assert.EndsWith($"\"@signature-params\": {value}", Rfc9421Message.BaseOf(message, value).Base, StringComparison.Ordinal);
    }

    [Fact]
    public void Accept_Signature_is_read_and_written_back()
    {
        var vector = File.GetProperty("acceptSignature");

        Assert.Equal(vector.Text("reserialized"), FieldSerializer.Serialize(FieldParser.Parse(vector.Text("value"), FieldType.Dictionary)));
    }

    [Theory]
    [MemberData(nameof(Digests))]
    public void A_digest_of_the_RFC_is_that_of_its_content(int index)
    {
        var vector = File.GetProperty("contentDigest").GetProperty("digests")[index];
        var body = vector.GetProperty("contentBase64").GetBytesFromBase64();

        Assert.Null(ContentDigest.Check(vector.Text("fieldMember"), body, isSeen: true));
        Assert.Equal("digest_mismatch", ContentDigest.Check(vector.Text("fieldMember"), [.. body, 0], isSeen: true));
        if (vector.Text("alg") == "sha-256")
            Assert.Equal(vector.Text("fieldMember"), ContentDigest.Field(body));
    }

    [Theory]
    [MemberData(nameof(DigestFields))]
    public void Every_known_digest_has_to_match(int index)
    {
        var vector = File.GetProperty("contentDigest").GetProperty("fields")[index];
        var matches = vector.GetProperty("match").EnumerateObject().All(match => match.Value.GetBoolean());

        Assert.Equal(matches
            ? null
            : "digest_mismatch", ContentDigest.Check(vector.Text("value"), vector.GetProperty("contentBase64").GetBytesFromBase64(), isSeen: true));
    }

    private static bool Verify(string algorithm, string keyId, string text, byte[] signature)
    {
        var key = File.GetProperty("keys").GetProperty(keyId);
        var message = Encoding.ASCII.GetBytes(text);
        switch (algorithm)
        {
            case "hmac-sha256":
                return HMACSHA256.HashData(key.GetProperty("secretBase64").GetBytesFromBase64(), message).SequenceEqual(signature);
            case "ecdsa-p256-sha256":
                using (var curve = ECDsa.Create())
                {
                    curve.ImportFromPem(key.Text("publicKeySpkiPem"));
                    return curve.VerifyData(message, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                }

            case "rsa-v1_5-sha256":
                using (var rsa = RSA.Create())
                {
                    rsa.ImportFromPem(key.Text("publicKeySpkiPem"));
                    return rsa.VerifyData(message, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }

            default:
                var ours = PublicKey.Parse(key.Text("publicKeySpkiPem").TrimEnd('\n') + "\n");
                return SignatureKeys.Algorithm(ours) == algorithm && SignatureKeys.Verify(ours, message, signature);
        }
    }

    private static byte[] Sign(string algorithm, string keyId, byte[] message)
    {
        var key = File.GetProperty("keys").GetProperty(keyId);
        switch (algorithm)
        {
            case "hmac-sha256":
                return HMACSHA256.HashData(key.GetProperty("secretBase64").GetBytesFromBase64(), message);
            case "ecdsa-p256-sha256":
                using (var curve = ECDsa.Create())
                {
                    curve.ImportFromPem(key.Text("privateKeyPkcs8Pem"));
                    return curve.SignData(message, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
                }

            case "rsa-v1_5-sha256":
                using (var rsa = RSA.Create())
                {
                    rsa.ImportFromPem(key.Text("privateKeyPemRfc"));
                    return rsa.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
                }

            default:
                using (var ours = PrivateKey.Of(PortalIdTests.Pkcs8(key.Text("privateKeyPkcs8Pem"))))
                {
                    var signature = new byte[ours.SignatureLength];
                    ours.Sign(message, signature);
                    return signature;
                }
        }
    }

    private static JsonElement Find(string list, string id) => File.GetProperty(list).EnumerateArray().Single(e => e.Text("id") == id);

    private static TheoryData<int> Indices(JsonElement list) => [.. Enumerable.Range(0, list.GetArrayLength())];
}
