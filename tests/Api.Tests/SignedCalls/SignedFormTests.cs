using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Tests.SignedCalls;

public sealed class SignedFormTests
{
    [Theory]
    [InlineData("/a|b", "/a%7Cb")]
    [InlineData("/\"<>^`{|}", "/%22%3C%3E%5E%60%7B%7C%7D")]
    [InlineData("/a{b}?c={d}|\"<>^`", "/a%7Bb%7D?c={d}|\"<>^`")]
    [InlineData("/%7Euser/%c3%a9[1]~'()*!$&+,=:@-._?", "/%7Euser/%c3%a9[1]~'()*!$&+,=:@-._?")]
    public void A_path_is_written_in_the_form_that_no_server_changes(string target, string written)
    {
        Assert.Equal(written, SignedForm.Target(target));
        Assert.Equal(written, SignedForm.Target(written));
    }

    [Theory]
    [InlineData("get", "GET")]
    [InlineData("Post", "POST")]
    [InlineData("patch", "PATCH")]
    [InlineData("PROPFIND", "PROPFIND")]
    [InlineData("VERSION-CONTROL", "VERSION-CONTROL")]
    public void A_standard_method_is_written_in_capitals(string method, string written) => Assert.Equal(written, SignedForm.Method(method));

    [Theory]
    [InlineData("propfind")]
    [InlineData("M_SEARCH")]
    [InlineData("GET2")]
    [InlineData("Get*")]
    [InlineData("CONNECT")]
    [InlineData("connect")]
    public void A_method_that_changes_on_the_way_is_refused(string method) =>
        Assert.Equal("method_invalid", Assert.Throws<RefusedException>(() => SignedForm.Method(method)).Code);
}
