using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using PeerRegistry.Api.Pages;

namespace PeerRegistry.Api.Tests.Pages;

public sealed class PhraseTests
{
    [Theory]
    [InlineData("No marks", "No marks")]
    [InlineData("Hello, {0}.", "Hello, <bdi>&lt;i&gt;[x]**y**`z`{1}</bdi>.")]
    [InlineData("[Show {1} of them] **now**, or `run`.", "<a href=\"/all\">Show <bdi>2</bdi> of them</a> <strong>now</strong>, or <code>run</code>.")]
    [InlineData("First [a], then [b].", "First <a href=\"/all\">a</a>, then <a href=\"/next?a=1&amp;b=2\">b</a>.")]
    [InlineData("<b> & \"quoted\"", "&lt;b&gt; &amp; &quot;quoted&quot;")]
    public async Task Marks_become_elements_and_values_never_become_markup(string text, string html)
    {
        await using var services = new ServiceCollection().BuildServiceProvider();
        await using var renderer = new HtmlRenderer(services, NullLoggerFactory.Instance);
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>
        {
            [nameof(Phrase.Of)] = text,
            [nameof(Phrase.With)] = new object?[] { "<i>[x]**y**`z`{1}", 2 },
            [nameof(Phrase.Links)] = new[] { "/all", "/next?a=1&b=2" },
        });
        Assert.Equal(html, await renderer.Dispatcher.InvokeAsync(async () => (await renderer.RenderComponentAsync<Phrase>(parameters)).ToHtmlString()));
    }
}
