namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Targets with bytes above 127, as proxies hand them on. A path is text, since rules are; a query is not read.</summary>
public sealed class ForwardedBytesTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    [Theory]
    [InlineData("/open/caf\u00C3\u00A9", "200")]
    [InlineData("/open?q=\u00C3\u00A9", "200")]
    [InlineData("/open?q=\u00FF", "200")]
    [InlineData("/open/caf\u00C3\u00A9?q=\u00FF", "200")]
    [InlineData("/caf\u00C3\u00A9", "401")]
    [InlineData("/caf\u00E9", "400")]
    [InlineData("/open/\u00FF?q=1", "400")]
    public async Task A_path_must_be_Unicode_text_and_a_query_need_not(string target, string status)
    {
        var app = await two.App("""{ "": { "access": "public" }, "/café": { "access": "private" } }""");

        var answer = await two.Raw(two.Forwarded(app, target));

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
    }
}
