using PeerRegistry.Application.ForwardAuth;

namespace PeerRegistry.Api.Tests.ForwardAuth;

public sealed class AccessRequestTests
{
    [Fact]
    public void The_text_of_a_request_contains_none_of_its_tokens()
    {
        var access = new AccessRequest(
            "echo", "/a?key=secret", "/a", MayChange: false, FromOwnPage: false, IsNavigation: false,
            CookieSession: "secret", BearerSession: "secret", BasicPassword: "secret");
        Assert.DoesNotContain("secret", new AuthorizeRequest(null!, access, null).ToString(), StringComparison.Ordinal);
    }
}
