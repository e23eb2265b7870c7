using System.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

public class AnswerTests
{
    [Fact]
    public void A_signed_request_verifies_with_either_kind_of_key()
    {
        foreach (var key in new[] { Given.Ed25519, Given.Rsa })
        {
            var verdict = Given.Verify(Given.Request(key), Given.SignerOf(key), body: "{}");

            Assert.Null(verdict.Reason);
            Assert.Equal(key.Public.Id, verdict.Signer!.Id);
            Assert.Equal("sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:", verdict.ContentDigest);
            Assert.Equal("sig1", verdict.Label);
        }
    }

    [Theory]
    [InlineData("sig1")]
    [InlineData(null)]
    public void A_signed_answer_verifies_against_its_request(string? label)
    {
        var request = Given.Request(Given.OtherEd25519, "portal-core");
        var body = Encoding.UTF8.GetBytes("""{"peering":"mutual"}""");
        var fields = Signed(SignatureProfile.CoreResponse(label), request, body);

        Assert.Null(Verify(request, 200, fields, body, label));
        Assert.Equal("signature_invalid", Verify(request, 201, fields, body, label));
        Assert.Equal("signature_invalid", Verify(request with { Method = "PUT" }, 200, fields, body, label));
        Assert.Equal("signature_invalid", Verify(request with { Target = "/other" }, 200, fields, body, label));
        Assert.Equal("digest_mismatch", Verify(request, 200, fields, [.. body, 32], label));
        var other = Given.Request(Given.OtherEd25519, "portal-core");
        Assert.Equal(label is null ? null : "signature_invalid", Verify(other, 200, fields, body, label));
        Assert.Equal(label is null ? "component_missing" : "component_unexpected", Verify(request, 200, fields, body, label is null ? "sig1" : null));
    }

    [Fact]
    public void An_answer_is_bound_to_our_signature_and_not_to_another_of_the_same_request()
    {
        var request = Given.Request(Given.OtherEd25519, "portal-core");
        var twice = request with { Fields = ((WireFields)request.Fields).And("Signature", "other=:YQ==:") };
        var fields = Signed(SignatureProfile.CoreResponse("other"), twice, []);

        Assert.Null(Verify(twice, 200, fields, [], "other"));
        Assert.Equal("component_unexpected", Verify(twice, 200, fields, [], "sig1"));
    }

    [Fact]
    public void An_answer_of_an_app_is_never_taken_for_one_of_the_core_nor_the_other_way_round()
    {
        var request = Given.Request(Given.OtherEd25519, "portal-peer");
        var (app, core) = (SignatureProfile.PeerResponse("sig1"), SignatureProfile.CoreResponse("sig1"));

        Assert.Null(Verify(app, request, 200, Signed(app, request, []), []));
        Assert.Equal("tag_wrong", Verify(core, request, 200, Signed(app, request, []), []));
        Assert.Equal("tag_wrong", Verify(app, request, 200, Signed(core, request, []), []));
    }

    private static WireFields Signed(SignatureProfile profile, ReceivedRequest request, byte[] body) =>
        new(SignatureMaker.SignResponse(Given.Ed25519, profile, 200, ContentDigest.Field(body), request, Given.Now));

    private static string? Verify(ReceivedRequest request, int status, IFields fields, byte[] body, string? label) =>
        Verify(SignatureProfile.CoreResponse(label), request, status, fields, body);

    private static string? Verify(SignatureProfile profile, ReceivedRequest request, int status, IFields fields, byte[] body) =>
        Verifier.Verify(new SignedMessage(request, status, fields), profile, _ => Given.SignerOf(Given.Ed25519), body, true, Given.Now, out _).Reason;
}
