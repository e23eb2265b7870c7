using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class WebhookSignatureSpecs
{
    /// <summary>The example of the specification, Standard Webhooks 1.0.</summary>
    [Fact]
    public void The_published_example_has_the_published_signature() => Assert.Equal(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));

    [Fact]
    public void A_key_becomes_a_secret_that_signs()
    {
        var secret = WebhookSignature.SecretOf([1, 2, 3]);
        Assert.Equal("whsec_AQID", secret);
        Assert.NotEqual(WebhookSignature.Sign(secret, "msg_a", 1, "x"u8), WebhookSignature.Sign(secret, "msg_b", 1, "x"u8));
        Assert.Throws<FormatException>(() => WebhookSignature.Sign("AQID", "msg_a", 1, "x"u8));
    }
}
