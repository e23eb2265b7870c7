using System.Buffers.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>Each check of the list with requests that fail it alone: everything else about them is in order, the signature too.</summary>
public class VerificationListTests
{
    private static readonly PrivateKey Key = Given.Ed25519;

    [Fact]
    public void A_request_that_fails_no_check_is_taken() => Assert.Null(Reason(Given.SignedWith(Key, Given.Parameters(Key))));

    [Fact]
    public void Both_fields_are_there()
    {
        var good = Given.Request(Key);
        Assert.Equal("signature_missing", Reason(good with { Fields = Fields(good).Without("Signature") }));
        Assert.Equal("signature_missing", Reason(good with { Fields = Fields(good).Without("Signature-Input") }));
        Assert.Equal("signature_missing", Reason(good with { Fields = Fields(good).With("Signature", Field(good, "Signature").Replace("sig1", "sig2", StringComparison.Ordinal)) }));
    }

    [Theory]
    [InlineData("sig1")]
    [InlineData("sig1=1")]
    [InlineData("sig1=(\"@method\"")]
    [InlineData("sig1=(@method)")]
    [InlineData("sig1=(\"@method\"\"@authority\")")]
    [InlineData("sig1=(\"@method\" \"@method\")")]
    [InlineData("sig1=(\"@method\");created=1.5")]
    [InlineData("sig1=(\"@method\");created=@1790000000")]
    [InlineData("sig1=(\"@method\");keyid=abc")]
    [InlineData("sig1=(\"@method\");created=1;created=2")]
    [InlineData("sig1=(\"@method\");tag=\"portal-peer\",")]
    [InlineData("sig1=(\"@method\") x")]
    [InlineData("Sig1=(\"@method\")")]
    [InlineData("=(\"@method\")")]
    public void The_input_is_a_structured_field_of_the_right_form(string input) => Assert.Equal("signature_malformed", Reason(With(input)));

    [Theory]
    [InlineData("sig1=\"abc\"")]
    [InlineData("sig1=(:YQ==:)")]
    [InlineData("sig1=:Y!==:")]
    [InlineData("sig1=:YQ==")]
    [InlineData("sig1")]
    public void The_signature_is_a_byte_sequence(string signature) => Assert.Equal("signature_malformed", Reason(With(null, signature)));

    [Fact]
    public void A_signature_longer_than_any_key_makes_is_malformed() =>
        Assert.Equal("signature_malformed", Reason(With(null, $"sig1=:{Convert.ToBase64String(new byte[1025])}:")));

    [Fact]
    public void There_is_one_candidate()
    {
        var good = Given.Request(Key);
        var (input, signature) = (Field(good, "Signature-Input"), Field(good, "Signature"));
        string Second(string field) => field.Replace("sig1", "sig2", StringComparison.Ordinal);

        Assert.Equal("signature_ambiguous", Reason(With($"{input}, {Second(input)}", $"{signature}, {Second(signature)}")));
        Assert.Equal("signature_ambiguous", Reason(With($"{input}, {input}", signature)));
        Assert.Equal("signature_ambiguous", Reason(With(input, $"{signature}, {signature}")));
        Assert.Equal("signature_ambiguous", Reason(good with { Fields = Fields(good).And("Signature-Input", input) }));
        Assert.Equal("signature_ambiguous", Reason(With(string.Join(", ", Enumerable.Range(0, 9).Select(i => $"a{i}=();tag=\"theirs\"")), signature)));
    }

    [Fact]
    public void A_label_that_stands_twice_is_ambiguous_even_where_one_of_them_is_somebody_elses()
    {
        var input = Field(Given.Request(Key), "Signature-Input");
        Assert.Equal("signature_ambiguous", Reason(With($"sig1=();tag=\"theirs\", {input}")));
    }

    [Theory]
    [InlineData(SignatureInput.MaxComponents, "component_unexpected")]
    [InlineData(SignatureInput.MaxComponents + 1, "signature_malformed")]
    public void So_many_components_are_read_and_no_more(int count, string reason) =>
        Assert.Equal(reason, Reason(With($"sig1=({string.Join(' ', Enumerable.Range(0, count).Select(i => $"\"a{i}\""))})")));

    [Fact]
    public void Signatures_of_others_are_passed_over()
    {
        var good = Given.Request(Key);
        var (input, signature) = (Field(good, "Signature-Input"), Field(good, "Signature"));
        const string Proxy = "ttrp=(\"@method\");created=1;keyid=\"p\";tag=\"proxy\"";

        Assert.Null(Reason(With($"{Proxy}, {input}", $"ttrp=:YQ==:, {signature}", good)));
        Assert.Null(Reason(With($"{input}, {Proxy}", $"{signature}, ttrp=:YQ==:", good)));
        Assert.Equal("tag_wrong", Reason(With(Proxy, "ttrp=:YQ==:", good)));
    }

    [Theory]
    [InlineData(VerificationPlace.App, "portal-peer", null)]
    [InlineData(VerificationPlace.App, "portal-core", "tag_wrong")]
    [InlineData(VerificationPlace.App, "portal-core-response", "tag_wrong")]
    [InlineData(VerificationPlace.App, "portal", "tag_wrong")]
    [InlineData(VerificationPlace.App, "", "tag_wrong")]
    [InlineData(VerificationPlace.App, null, "tag_missing")]
    [InlineData(VerificationPlace.Core, "portal-core", null)]
    [InlineData(VerificationPlace.Core, "portal-peer", "tag_wrong")]
    [InlineData(VerificationPlace.Core, null, "tag_missing")]
    public void The_tag_is_right_for_this_place(VerificationPlace place, string? tag, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, tag: tag)), place));

    /// <summary>An app on an original core can make that core sign anything, so nothing without a tag counts as the core's own word.</summary>
    [Fact]
    public void The_core_takes_no_untagged_signature_from_an_original_either()
    {
        var request = Given.SignedWith(Given.Rsa, Given.Parameters(Given.Rsa, tag: null));

        Assert.Null(Given.Verify(request, Given.SignerOf(Given.Rsa, isOriginal: true)).Reason);
        Assert.Equal("tag_missing", Given.Verify(request, Given.SignerOf(Given.Rsa, isOriginal: true), VerificationPlace.Core).Reason);
        Assert.Equal("tag_missing", Given.Verify(request, Given.SignerOf(Given.Rsa, isOriginal: false)).Reason);
    }

    [Theory]
    [InlineData("()", "component_missing")]
    [InlineData("""("@authority" "@target-uri" "content-digest")""", "component_missing")]
    [InlineData("""("@method" "@target-uri" "content-digest")""", "component_missing")]
    [InlineData("""("@method" "@authority" "content-digest")""", "component_missing")]
    [InlineData("""("@method" "@authority" "@target-uri")""", "component_missing")]
    [InlineData("""("@method" "@authority" "@target-uri" "content-digest" "x-extra")""", "component_unexpected")]
    [InlineData("""("@method" "@authority" "@target-uri" "content-digest" "date")""", "component_unexpected")]
    [InlineData("""("@method" "@authority" "@target-uri" "content-digest" "@path")""", "component_unexpected")]
    [InlineData("""("@method" "@authority" "@target-uri" "content-digest";sf)""", "component_unexpected")]
    [InlineData("""("@method" "@authority" "@target-uri";req "content-digest")""", "component_unexpected")]
    [InlineData("""("@method" "@authority" "@target-uri";foo "content-digest")""", "component_unexpected")]
    [InlineData("""("@target-uri" "content-digest" "@method" "@authority")""", null)]
    public void Exactly_what_has_to_be_is_covered(string components, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, components), new WireFields(
            [new("Content-Digest", ContentDigest.Field("{}"u8)), new("X-Extra", "a"), new("Date", "Thu, 01 Jan 2026 00:00:00 GMT")]))));

    [Fact]
    public void A_covered_field_is_there_and_plain()
    {
        Assert.Equal("component_missing", Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([]))));
        Assert.Equal("component_malformed", Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", "sha-256=:é:")]))));
        Assert.Equal("component_malformed", Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", "a\n\"@method\": GET")]))));
    }

    [Fact]
    public void Every_parameter_is_known_and_there()
    {
        Assert.Equal("parameter_unknown", Reason(Given.SignedWith(Key, Given.Parameters(Key) + ";foo=1")));
        foreach (var name in new[] { "created", "expires", "nonce", "keyid", "alg" })
        {
            var without = string.Join(';', Given.Parameters(Key).Split(';').Where(part => !part.StartsWith(name + "=", StringComparison.Ordinal)));
            Assert.Equal("parameter_missing", Reason(Given.SignedWith(Key, without)));
        }
    }

    [Fact]
    public void The_signer_is_known() => Assert.Equal("signer_unknown", Given.Verify(Given.Request(Key), null).Reason);

    [Fact]
    public void The_whole_ID_is_that_of_the_pinned_key()
    {
        var request = Given.Request(Key);
        Assert.Equal("keyid_mismatch", Given.Verify(request, Given.SignerOf(Key) with { Id = Given.OtherEd25519.Public.Id }).Reason);
        Assert.Equal("keyid_mismatch", Given.Verify(request, Given.SignerOf(Given.OtherEd25519)).Reason);
        Assert.Equal("keyid_mismatch", Reason(Given.SignedWith(Key, Given.Parameters(Key, keyId: Key.Public.Id.Short.Value))));
        Assert.Equal("keyid_mismatch", Reason(Given.SignedWith(Key, Given.Parameters(Key, keyId: Key.Public.Id.Value.ToUpperInvariant()))));

        var rsa = Given.SignedWith(Given.Rsa, Given.Parameters(Given.Rsa, keyId: Given.Rsa.Public.Id.Value));
        Assert.Equal("keyid_mismatch", Given.Verify(rsa, Given.SignerOf(Given.Rsa)).Reason);
    }

    [Theory]
    [InlineData("rsa-pss-sha512")]
    [InlineData("hmac-sha256")]
    [InlineData("none")]
    [InlineData("ED25519")]
    public void The_algorithm_is_the_pinned_keys(string algorithm) =>
        Assert.Equal("algorithm_mismatch", Reason(Given.SignedWith(Key, Given.Parameters(Key, algorithm: algorithm))));

    [Theory]
    [InlineData(-61, "created_too_old")]
    [InlineData(-60, null)]
    [InlineData(5, null)]
    [InlineData(6, "created_in_future")]
    public void It_was_made_now(int offset, string? reason)
    {
        var created = Given.Now + offset;
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, created: $"{created}", expires: $"{Given.Now + 1000}"))));
    }

    [Theory]
    [InlineData("-999999999999999", "created_too_old")]
    [InlineData("999999999999999", "created_in_future")]
    public void The_ends_of_what_a_field_can_say_do_not_wrap_around(string created, string reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, created: created))));

    [Theory]
    [InlineData(-1, "expired")]
    [InlineData(0, null)]
    public void It_has_not_expired(int offset, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, expires: $"{Given.Now + offset}"))));

    [Fact]
    public void The_signature_is_good()
    {
        var good = Given.Request(Key);
        var foreign = Given.SignedWith(Given.OtherEd25519, Given.Parameters(Key));

        Assert.Equal("signature_invalid", Reason(foreign));
        Assert.Equal("signature_invalid", Reason(good with { Method = "PUT" }));
        Assert.Equal("signature_invalid", Reason(good with { Target = "/api/notes?x=2" }));
        Assert.Equal("signature_invalid", Reason(good with { Scheme = "http" }));
        Assert.Equal("signature_invalid", Reason(good with { Authority = "notes.cccccc.portal.example" }));
        Assert.Equal("signature_invalid", Reason(With(null, "sig1=::", good)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(1024)]
    public void An_RSA_signature_of_another_length_is_invalid(int length)
    {
        var request = With(null, $"sig1=:{Convert.ToBase64String(new byte[length])}:", Given.Request(Given.Rsa));
        Assert.Equal("signature_invalid", Given.Verify(request, Given.SignerOf(Given.Rsa)).Reason);
    }

    [Theory]
    [InlineData("md5=:Sd/dVLAcvNLSq16eXua5uQ==:", "digest_malformed")]
    [InlineData("sha-256=:AAAA:", "digest_malformed")]
    [InlineData("sha-256", "digest_malformed")]
    [InlineData("", "digest_malformed")]
    [InlineData("sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:, sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:", "digest_malformed")]
    [InlineData("sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "digest_mismatch")]
    [InlineData("sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:, md5=:AAAA:", null)]
    public void The_body_is_the_one_that_was_signed(string digest, string? reason)
    {
        var request = Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", digest)]));
        Assert.Equal(reason, Given.Verify(request, Given.SignerOf(Key), body: "{}").Reason);
        Assert.Equal(reason == "digest_mismatch" ? null : reason, Given.Verify(request, Given.SignerOf(Key)).Reason);
    }

    [Fact]
    public void A_second_digest_line_that_was_not_signed_spoils_the_first()
    {
        var good = Given.Request(Key);
        Assert.Equal("signature_invalid", Reason(good with { Fields = Fields(good).And("Content-Digest", "sha-512=::") }));
    }

    [Fact]
    public void A_body_of_an_original_needs_a_digest_where_it_is_seen()
    {
        var original = Given.SignerOf(Given.Rsa, isOriginal: true);
        var request = Given.SignedWith(Given.Rsa, Given.Parameters(Given.Rsa, """("@method" "@authority" "@target-uri")""", tag: null));

        Assert.Equal("digest_missing", Given.Verify(request, original, body: "{}").Reason);
        Assert.Null(Given.Verify(request, original, body: "").Reason);
        Assert.Null(Given.Verify(request, original).Reason);
        Assert.Null(Given.Verify(request, original).ContentDigest); // there was a field, but it was not covered
    }

    [Theory]
    [InlineData(1000, 60)]
    [InlineData(20, 20)]
    public void It_is_remembered_for_as_long_as_it_would_be_taken(int expires, int remembered)
    {
        var request = Given.SignedWith(Key, Given.Parameters(Key, expires: $"{Given.Now + expires}"));
        Verifier.Verify(SignedMessage.Of(request), SignatureProfile.App, _ => Given.SignerOf(Key), [], false, Given.Now, out var replayKey);

        Assert.Equal((Given.Now, Given.Now + remembered), (replayKey.Created, replayKey.Until));
        Assert.Null(Given.Verify(request, Given.SignerOf(Key), now: replayKey.Until).Reason);
        Assert.NotNull(Given.Verify(request, Given.SignerOf(Key), now: replayKey.Until + 1).Reason);
    }

    [Fact]
    public void What_is_remembered_tells_signer_tag_and_nonce_apart()
    {
        UInt128 ReplayKey(PrivateKey key, string tag, string? nonce, bool isOriginal = false)
        {
            var request = Given.SignedWith(key, Given.Parameters(key, nonce: nonce, tag: tag is "" ? null : tag));
            var place = tag is "portal-core" ? VerificationPlace.Core : VerificationPlace.App;
            var verdict = Verifier.Verify(
                SignedMessage.Of(request), SignatureProfile.Of(place), _ => Given.SignerOf(key, isOriginal), [], false, Given.Now, out var replayKey);
            Assert.Null(verdict.Reason);
            return replayKey.Key;
        }

        Assert.Equal(ReplayKey(Key, "portal-peer", "a"), ReplayKey(Key, "portal-peer", "a"));
        UInt128[] different =
        [
            ReplayKey(Key, "portal-peer", "a"), ReplayKey(Key, "portal-peer", "b"), ReplayKey(Key, "portal-core", "a"), ReplayKey(Given.OtherEd25519, "portal-peer", "a"),
            ReplayKey(Given.Rsa, "", "a", isOriginal: true), ReplayKey(Given.Rsa, "", null, isOriginal: true), ReplayKey(Given.Rsa, "", null, isOriginal: true),
        ];
        Assert.Distinct(different);
    }

    [Fact]
    public void No_two_signatures_have_one_nonce()
    {
        var nonces = Enumerable.Range(0, 500).Select(_ => Field(Given.Request(Key), "Signature-Input").Split("nonce=\"")[1].Split('"')[0]).ToList();

        Assert.Distinct(nonces);
        Assert.All(nonces, nonce => Assert.Equal(16, Base64Url.DecodeFromChars(nonce).Length));
    }

    [Fact]
    public void The_owner_is_told_what_was_claimed_and_what_would_have_had_to_be_signed()
    {
        var verdict = Given.Verify(Given.Request(Key) with { Method = "PUT" }, Given.SignerOf(Key));

        Assert.Equal(Key.Public.Id.Value, verdict.KeyId);
        Assert.StartsWith("\"@method\": PUT\n\"@authority\": notes.bbbbbb.portal.example\n", verdict.SignatureBase, StringComparison.Ordinal);
        Assert.Null(Given.Verify(Given.Request(Key), Given.SignerOf(Key)).SignatureBase);
    }

    private static string? Reason(ReceivedRequest request, VerificationPlace place = VerificationPlace.App) =>
        Given.Verify(request, Given.SignerOf(Key), place, body: null).Reason;

    private static WireFields Fields(ReceivedRequest request) => (WireFields)request.Fields;

    private static string Field(ReceivedRequest request, string name) => request.Fields.Get(name)[0];

    private static ReceivedRequest With(string? input, string? signature = null, ReceivedRequest? of = null)
    {
        var good = of ?? Given.Request(Key);
        var fields = Fields(good);
        return good with { Fields = fields.With("Signature-Input", input ?? Field(good, "Signature-Input")).With("Signature", signature ?? Field(good, "Signature")) };
    }
}
