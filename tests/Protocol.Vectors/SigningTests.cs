using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

public sealed class SigningTests
{
    [Theory]
    [InlineData("https://other.example/x")]
    [InlineData("notes.bbbbbb.portal.example/x")]
    [InlineData("https://notes.bbbbbb.portal.example/x#part")]
    public void A_target_that_does_not_match_the_authority_is_not_signed(string uri) =>
        Assert.Throws<ArgumentException>(() => Sign(uri, toOriginal: false));

    [Theory]
    [InlineData(false, Given.Now)]
    [InlineData(true, Given.Now - 5)]
    public void A_signature_is_dated_back_for_originals_only(bool toOriginal, long created) =>
        Assert.Contains($";created={created};", Sign($"https://{Given.Authority}/x", toOriginal), StringComparison.Ordinal);

    [Theory]
    [InlineData("https", "a.example:443", "a.example")]
    [InlineData("https", "a.example:80", "a.example:80")]
    [InlineData("http", "a.example:80", "a.example")]
    [InlineData("http", "a.example:443", "a.example:443")]
    [InlineData("https", "a.example:8443", "a.example:8443")]
    public void The_default_port_of_the_scheme_is_not_signed(string scheme, string authority, string signed)
    {
        var request = new ReceivedRequest("GET", scheme, authority, "/", new WireFields([]));
        var (text, _) = Rfc9421Message.BaseOf(SignedMessage.Of(request), """("@authority")""");
        Assert.StartsWith($"\"@authority\": {signed}\n", text, StringComparison.Ordinal);
    }

    /// <returns>The field <c>Signature-Input</c>.</returns>
    private static string Sign(string uri, bool toOriginal) => SignatureMaker.SignRequest(
        Given.Ed25519, "portal-peer", "GET", Given.Authority, uri, ContentDigest.Field([]), Given.Now, toOriginal)[1].Value;
}
