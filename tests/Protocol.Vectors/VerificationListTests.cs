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
    public void A_request_that_passes_every_check_is_accepted() => Assert.Null(Reason(Given.SignedWith(Key, Given.Parameters(Key))));

    [Fact]
    public void Both_fields_are_required()
    {
        var good = Given.Request(Key);
        Assert.Equal("signature_missing", Reason(good with { Fields = Fields(good).Without("Signature") }));
        Assert.Equal("signature_missing", Reason(good with { Fields = Fields(good).Without("Signature-Input") }));
        Assert.Equal("signature_missing",
            Reason(good with { Fields = Fields(good).With("Signature", Field(good, "Signature").Replace("sig1", "sig2", StringComparison.Ordinal)) }));
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
    public void A_malformed_Signature_Input_is_refused(string input) => Assert.Equal("signature_malformed", Reason(With(input)));

    [Theory]
    [InlineData("sig1=\"abc\"")]
    [InlineData("sig1=(:YQ==:)")]
    [InlineData("sig1=:Y!==:")]
    [InlineData("sig1=:YQ==")]
    [InlineData("sig1")]
    public void A_Signature_that_is_not_a_byte_sequence_is_refused(string signature) => Assert.Equal("signature_malformed", Reason(With(null, signature)));

    [Fact]
    public void A_signature_longer_than_any_key_makes_is_malformed() =>
        Assert.Equal("signature_malformed", Reason(With(null, $"sig1=:{Convert.ToBase64String(new byte[1025])}:")));

    [Fact]
    public void More_than_one_candidate_is_ambiguous()
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
    public void A_repeated_label_is_ambiguous_even_if_one_has_a_foreign_tag()
    {
        var input = Field(Given.Request(Key), "Signature-Input");
        Assert.Equal("signature_ambiguous", Reason(With($"sig1=();tag=\"theirs\", {input}")));
    }

    [Theory]
    [InlineData(SignatureInput.MaxComponents, "component_unexpected")]
    [InlineData(SignatureInput.MaxComponents + 1, "signature_malformed")]
    public void At_most_32_components_are_accepted(int count, string reason) =>
        Assert.Equal(reason, Reason(With($"sig1=({string.Join(' ', Enumerable.Range(0, count).Select(i => $"\"a{i}\""))})")));

    [Fact]
    public void Signatures_with_foreign_tags_are_ignored()
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
    public void A_tag_of_another_place_is_refused(VerificationPlace place, string? tag, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, tag: tag)), place));

    /// <summary>An app on an original core can make that core sign anything, so nothing without a tag counts as the core's own word.</summary>
    [Fact]
    public void The_core_accepts_no_untagged_signature_even_from_an_original()
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
    public void Exactly_the_required_components_are_covered(string components, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, components), new WireFields(
            [new("Content-Digest", ContentDigest.Field("{}"u8)), new("X-Extra", "a"), new("Date", "Thu, 01 Jan 2026 00:00:00 GMT")]))));

    [Theory]
    [InlineData("portal-peer-once", "idempotency-key", "key", null)]
    [InlineData("portal-peer", "idempotency-key", "key", "component_unexpected")]
    [InlineData("portal-peer-once", "content-digest", "key", "component_missing")]
    [InlineData("portal-peer-once", "idempotency-key", null, "component_missing")]
    [InlineData("portal-peer-once", "idempotency-key", "two, keys", "component_malformed")]
    public void A_call_that_is_to_be_delivered_once_covers_its_key(string tag, string last, string? value, string? reason)
    {
        var components = Given.Components[..^1] + (last == "content-digest" ? ")" : $" \"{last}\")");
        var fields = new WireFields([new("Content-Digest", ContentDigest.Field("{}"u8))]);
        var request = Given.SignedWith(Key, Given.Parameters(Key, components, tag: tag), value is null ? fields : fields.And("Idempotency-Key", value));
        var verdict = Given.Verify(request, Given.SignerOf(Key));
        Assert.Equal((reason, reason is null ? value : null), (verdict.Reason, verdict.OnceKey));
    }

    [Fact]
    public void A_covered_field_must_be_present_and_unambiguous()
    {
        Assert.Equal("component_missing", Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([]))));
        Assert.Equal("component_malformed", Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", "sha-256=:é:")]))));
        Assert.Equal("component_malformed",
            Reason(Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", "a\n\"@method\": GET")]))));
    }

    [Fact]
    public void Every_required_parameter_is_present_and_no_other()
    {
        Assert.Equal("parameter_unknown", Reason(Given.SignedWith(Key, Given.Parameters(Key) + ";foo=1")));
        foreach (var name in new[] { "created", "expires", "nonce", "keyid", "alg" })
        {
            var without = string.Join(';', Given.Parameters(Key).Split(';').Where(part => !part.StartsWith(name + "=", StringComparison.Ordinal)));
            Assert.Equal("parameter_missing", Reason(Given.SignedWith(Key, without)));
        }
    }

    [Fact]
    public void An_unknown_signer_is_refused() => Assert.Equal("signer_unknown", Given.Verify(Given.Request(Key), null).Reason);

    [Fact]
    public void The_full_ID_must_be_that_of_the_pinned_key()
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
    public void The_algorithm_must_be_that_of_the_pinned_key(string algorithm) =>
        Assert.Equal("algorithm_mismatch", Reason(Given.SignedWith(Key, Given.Parameters(Key, algorithm: algorithm))));

    [Theory]
    [InlineData(-61, "created_too_old")]
    [InlineData(-60, null)]
    [InlineData(5, null)]
    [InlineData(6, "created_in_future")]
    public void An_old_or_future_signature_is_refused(int offset, string? reason)
    {
        var created = Given.Now + offset;
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, created: $"{created}", expires: $"{Given.Now + 1000}"))));
    }

    [Theory]
    [InlineData("-999999999999999", "created_too_old")]
    [InlineData("999999999999999", "created_in_future")]
    public void Extreme_times_do_not_overflow(string created, string reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, created: created))));

    [Theory]
    [InlineData(-1, "expired")]
    [InlineData(0, null)]
    public void An_expired_signature_is_refused(int offset, string? reason) =>
        Assert.Equal(reason, Reason(Given.SignedWith(Key, Given.Parameters(Key, expires: $"{Given.Now + offset}"))));

    [Fact]
    public void A_signature_of_another_key_is_refused()
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
    public void A_body_that_was_not_signed_is_refused(string digest, string? reason)
    {
        var request = Given.SignedWith(Key, Given.Parameters(Key), new WireFields([new("Content-Digest", digest)]));
        Assert.Equal(reason, Given.Verify(request, Given.SignerOf(Key), body: "{}").Reason);
        Assert.Equal(reason == "digest_mismatch" ? null : reason, Given.Verify(request, Given.SignerOf(Key)).Reason);
    }

    [Fact]
    public void A_second_digest_line_that_was_not_signed_invalidates_the_signature()
    {
        var good = Given.Request(Key);
        Assert.Equal("signature_invalid", Reason(good with { Fields = Fields(good).And("Content-Digest", "sha-512=::") }));
    }

    [Fact]
    public void A_body_of_an_original_needs_a_digest_if_it_is_available()
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
    public void A_signature_is_remembered_as_long_as_it_would_be_accepted(int expires, int remembered)
    {
        var request = Given.SignedWith(Key, Given.Parameters(Key, expires: $"{Given.Now + expires}"));
        Verifier.Verify(SignedMessage.Of(request), SignatureProfile.App, _ => Given.SignerOf(Key), [], false, Given.Now, out var replayKey);

        Assert.Equal((Given.Now, Given.Now + remembered), (replayKey.Created, replayKey.Until));
        Assert.Null(Given.Verify(request, Given.SignerOf(Key), now: replayKey.Until).Reason);
        Assert.NotNull(Given.Verify(request, Given.SignerOf(Key), now: replayKey.Until + 1).Reason);
    }

    [Fact]
    public void Replay_keys_differ_by_signer_tag_and_nonce()
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
            ReplayKey(Key, "portal-peer", "a"), ReplayKey(Key, "portal-peer", "b"), ReplayKey(Key, "portal-core", "a"),
            ReplayKey(Given.OtherEd25519, "portal-peer", "a"),
            ReplayKey(Given.Rsa, "", "a", isOriginal: true), ReplayKey(Given.Rsa, "", null, isOriginal: true), ReplayKey(Given.Rsa, "", null, isOriginal: true),
        ];
        Assert.Distinct(different);
    }

    [Fact]
    public void Every_signature_has_its_own_nonce()
    {
        var nonces = Enumerable.Range(0, 500).Select(_ => Field(Given.Request(Key), "Signature-Input").Split("nonce=\"")[1].Split('"')[0]).ToList();

        Assert.Distinct(nonces);
        Assert.All(nonces, nonce => Assert.Equal(16, Base64Url.DecodeFromChars(nonce).Length));
    }

    [Fact]
    public void The_owner_sees_the_claimed_keyid_and_the_expected_signature_base()
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
        return good with { Fields =
            fields.With("Signature-Input", input ?? Field(good, "Signature-Input")).With("Signature", signature ?? Field(good, "Signature")) };
    }
}
