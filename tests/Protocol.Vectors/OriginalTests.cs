using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>
/// Requests that the original core signed, or was given to verify: whole, as a proxy asks forward-auth about them, and so with the
/// body. Where our verdict is stricter than the original's, the reason stands here and in docs/protocol.md.
/// </summary>
public class OriginalTests
{
    private static readonly JsonElement Signed = VectorFile.Read("upstream-signed-requests.json");
    private static readonly JsonElement Foreign = VectorFile.Read("upstream-acceptance.json");
    private static readonly string[] Views = ["direct", "forwardAuth", "forwardAuthWithBody"];

    /// <summary>Mutations, by the reason that each is refused for.</summary>
    private static readonly Dictionary<string, string> Refused = new()
    {
        ["changed-path"] = "signature_invalid",
        ["changed-method"] = "signature_invalid",
        ["changed-host"] = "signature_invalid",
        ["changed-query"] = "signature_invalid",
        ["changed-body"] = "digest_mismatch",
        ["expired-created"] = "created_too_old",
        ["created-in-future"] = "created_in_future",
        ["missing-signature-input"] = "signature_missing",
        ["wrong-label"] = "signature_missing",
        ["other-key"] = "signature_invalid",
        ["truncated-signature"] = "signature_invalid",
        ["duplicate-component"] = "signature_malformed",
    };

    /// <summary>Where we refuse what the original takes, or answers with a 500.</summary>
    private static readonly Dictionary<string, string> Stricter = new()
    {
        ["nonce-tag-expires"] = "tag_wrong",
        ["extra-derived"] = "component_unexpected",
        ["query-params-draft"] = "component_unexpected",
        ["expired-4s"] = "expired",
        ["created-decimal"] = "signature_malformed",
        ["dup-header-last"] = "component_unexpected",
        ["unknown-component-param"] = "component_unexpected",
        ["empty-header"] = "component_unexpected",
        ["signature-is-inner-list"] = "signature_malformed",
        ["ed25519-peer-no-alg"] = "tag_missing",
        ["replay"] = "replayed",
    };

    /// <summary>Where we take what the original does not, which says nothing against the request.</summary>
    private static readonly Dictionary<string, string> Laxer = new()
    {
        ["bad-row"] = "another contact's row is broken: no pin of ours can be",
        ["endpoint-query"] = "forward-auth ignores its own query",
        ["raw-target-empty-query"] = "an original verifies the target after rewriting it, we verify what was sent",
        ["raw-target-unreserved"] = "an original verifies the target after rewriting it, we verify what was sent",
    };

    public static TheoryData<string> Requests => Names(Signed, "requests");

    public static TheoryData<string> EdgeCases => Names(Signed, "edgeCases");

    public static TheoryData<string> Mutations => Names(Signed, "negative");

    public static TheoryData<string> Clock => [.. Signed.GetProperty("clock").GetProperty("cases").EnumerateArray().Select(e => e.Text("name"))];

    public static TheoryData<string> Probes => Names(Foreign, "probes");

    [Theory]
    [MemberData(nameof(Requests))]
    public void What_an_original_signs_verifies(string name)
    {
        foreach (var view in Views)
        {
            var vector = Find(Signed, "requests", name);
            var verdict = Verify(Signed, vector, view, vector.GetProperty("created").GetInt64());

            Assert.Null(verdict.Reason);
            Assert.Equal(Signed.GetProperty("keys").GetProperty("alice").Text("id"), verdict.Signer!.Id.Value);
            Assert.Equal(vector.Pairs("headers").SingleOrDefault(line => line.Key == "Content-Digest").Value, verdict.ContentDigest);
        }
    }

    [Theory]
    [MemberData(nameof(EdgeCases))]
    public void An_edge_case_is_judged_as_the_original_judges_it(string name)
    {
        var vector = Find(Signed, "edgeCases", name);
        foreach (var view in Views)
        {
            var reason = Verify(Signed, vector, view, vector.GetProperty("created").GetInt64()).Reason;
            Assert.Equal(Outcome(vector, view) == "peer" ? null : "signature_invalid", reason);
        }
    }

    [Theory]
    [MemberData(nameof(Mutations))]
    public void A_mutation_is_refused_for_its_own_reason(string name)
    {
        var vector = Find(Signed, "negative", name);
        foreach (var view in Views)
        {
            var reason = Verify(Signed, vector, view, vector.GetProperty("verifyAt").GetInt64()).Reason;
            var unseen = name == "changed-body" && view == "forwardAuth"; // the app compares the digest that it is handed
            Assert.Equal(unseen ? null : Refused[name], reason);
        }
    }

    [Theory]
    [MemberData(nameof(Clock))]
    public void A_request_of_an_original_lives_five_minutes_instead_of_a_day(string name)
    {
        var vector = Signed.GetProperty("clock").GetProperty("cases").EnumerateArray().Single(e => e.Text("name") == name);
        var (created, at) = (vector.GetProperty("created").GetInt64(), vector.GetProperty("verifyAt").GetInt64());
        var request = Signed.GetProperty("requests").EnumerateArray().First(e => e.GetProperty("created").GetInt64() == created);

        var expected = at - created > 300 ? "created_too_old" : created - at > 5 ? "created_in_future" : null;
        Assert.Equal(expected, Verify(Signed, request, "direct", at).Reason);
        Assert.True(expected is not null || Outcome(vector, "direct") == "peer");
    }

    [Theory]
    [InlineData(300, null)]
    [InlineData(301, "created_too_old")]
    public void An_original_may_be_five_minutes_behind(int age, string? reason)
    {
        var request = Signed.GetProperty("requests")[0];
        Assert.Equal(reason, Verify(Signed, request, "direct", request.GetProperty("created").GetInt64() + age).Reason);
    }

    [Theory]
    [MemberData(nameof(Probes))]
    public void A_foreign_signature_is_judged_as_the_original_judges_it_or_more_strictly_on_purpose(string name)
    {
        var vector = Find(Foreign, "probes", name);
        foreach (var view in Views)
        {
            var reason = Verify(Foreign, vector, view, vector.GetProperty("verifyAt").GetInt64(), twice: name == "replay").Reason;
            var taken = Outcome(vector, view) == "peer";
            if (Stricter.TryGetValue(name, out var stricter))
                Assert.Equal(stricter, reason);
            else if (taken || Laxer.ContainsKey(name))
                Assert.Null(reason);
            else
                Assert.NotNull(reason);
        }
    }

    /// <summary>
    /// As the files of the original show that it verifies: its six parameters, a creation that a clock 5 s behind does not find in the future,
    /// the short keyid, and a base put together here by hand.
    /// </summary>
    [Fact]
    public void What_we_sign_for_an_original_is_what_it_takes()
    {
        const string Target = "/a+b;v=1,(x)!*'@:$&=?q=a+b&c=%2B";
        var digest = ContentDigest.Field("{}"u8);
        var fields = SignatureMaker.SignRequest(
            Given.Rsa, "portal-peer", "PUT", "notes.00el52.freeshard.cloud", $"https://notes.00el52.freeshard.cloud{Target}", digest, Given.Now,
            toOriginal: true);
        var parameters = fields[1].Value["sig1=".Length..];
        var text = $"\"@method\": PUT\n\"@authority\": notes.00el52.freeshard.cloud\n\"@target-uri\": https://notes.00el52.freeshard.cloud{Target}\n"
            + $"\"content-digest\": {digest}\n\"@signature-params\": {parameters}";

        Assert.StartsWith($"(\"@method\" \"@authority\" \"@target-uri\" \"content-digest\");created={Given.Now - 5};expires={Given.Now + 55};nonce=\"",
            parameters, StringComparison.Ordinal);
        Assert.EndsWith($";keyid=\"{Given.Rsa.Public.Id.Short}\";alg=\"rsa-pss-sha512\";tag=\"portal-peer\"", parameters, StringComparison.Ordinal);
        using var rsa = RSA.Create();
        rsa.ImportFromPem(Given.Rsa.Public.Pem);
        Assert.True(rsa.VerifyData(
            Encoding.ASCII.GetBytes(text), Convert.FromBase64String(fields[2].Value["sig1=:".Length..^1]), HashAlgorithmName.SHA512, RSASignaturePadding.Pss));
    }

    /// <summary>No entry is left over from a case that is no difference any more.</summary>
    [Fact]
    public void Every_difference_named_here_is_one()
    {
        var probes = Foreign.GetProperty("probes").EnumerateArray().ToDictionary(e => e.Text("name"));
        Assert.All(Stricter.Keys, name => Assert.Contains(Views, view => Outcome(probes[name], view) != "anonymous"));
        Assert.All(Laxer.Keys, name => Assert.Contains(Views, view => Outcome(probes[name], view) != "peer"));
        Assert.Equal(Mutations.Count, Refused.Count);
    }

    private static SignatureVerdict Verify(JsonElement file, JsonElement vector, string view, long now, bool twice = false)
    {
        var request = view == "direct" ? Whole(vector) : Forwarded(vector);
        var (body, isSeen) = view == "forwardAuth" ? ([], false) : (vector.GetProperty("bodyBase64").GetBytesFromBase64(), true);
        var verdict = Verifier.Verify(SignedMessage.Of(request), SignatureProfile.App, keyId => Contact(file, keyId), body, isSeen, now, out var replayKey);
        if (!twice || verdict.Reason is not null)
            return verdict;

        var guard = new ReplayGuard(started: null);
        Assert.Null(guard.Take(replayKey, now));
        return verdict with { Reason = guard.Take(replayKey, now) };
    }

    private static ReceivedRequest Whole(JsonElement vector)
    {
        var fields = new WireFields(vector.Pairs("headers"));
        return new ReceivedRequest(vector.Text("method"), vector.Text("scheme"), fields.Get("Host")[0].ToLowerInvariant(), vector.Text("requestTarget"),
            fields);
    }

    /// <summary>As forward-auth puts a request together from what the proxy tells.</summary>
    private static ReceivedRequest Forwarded(JsonElement vector)
    {
        var fields = new WireFields(vector.GetProperty("forwardAuth").Pairs("headers"));
        string One(string name) => fields.Get(name) is [var value] ? value : "";
        return new ReceivedRequest(
            One("X-Forwarded-Method"), One("X-Forwarded-Proto"), One("X-Forwarded-Host").ToLowerInvariant(), One("X-Forwarded-Uri"), fields);
    }

    /// <summary>Contacts are found by the six characters that they were added with.</summary>
    private static Signer? Contact(JsonElement file, string keyId)
    {
        foreach (var key in file.GetProperty("keys").EnumerateObject())
        {
            var id = key.Value.Text("id");
            if (keyId == id || keyId == id[..6])
            {
                var pinned = PublicKey.Parse(key.Value.Text("publicKeyPem"));
                return new Signer(pinned.Id, pinned, IsOriginal: pinned.Kind == KeyKind.Rsa);
            }
        }

        return null;
    }

    private static string Outcome(JsonElement vector, string view) => vector.GetProperty("upstreamResult").GetProperty(view).Text("outcome");

    private static JsonElement Find(JsonElement file, string list, string name) => file.GetProperty(list).EnumerateArray().Single(e => e.Text("name") == name);

    private static TheoryData<string> Names(JsonElement file, string list) => [.. file.GetProperty(list).EnumerateArray().Select(e => e.Text("name"))];
}
