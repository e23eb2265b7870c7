using PeerRegistry.Api.Pages;

namespace PeerRegistry.Api.Tests.Pages;

public sealed class MarkdownTests
{
    [Theory]
    [InlineData("**b** and *i*", "<p><strong>b</strong> and <em>i</em></p>")]
    [InlineData("# Me", "<h3>Me</h3>")]
    [InlineData("###### Deep", "<h6>Deep</h6>")]
    [InlineData("[site](https://zone.example/a?b=c)", "<p><a href=\"https://zone.example/a?b=c\" rel=\"nofollow ugc noopener noreferrer\">site</a></p>")]
    [InlineData("<mailto:ann@zone.example>", "<p><a href=\"mailto:ann@zone.example\" rel=\"nofollow ugc noopener noreferrer\">mailto:ann@zone.example</a></p>")]
    [InlineData("![me](https://zone.example/me.png)", "<p><a href=\"https://zone.example/me.png\" rel=\"nofollow ugc noopener noreferrer\">me</a></p>")]
    public void Renders(string markdown, string html) => Assert.Equal(html, Markdown.Render(markdown).Value.Trim());

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<svg onload=alert(1)>")]
    [InlineData("text <img src=x onerror=alert(1)> text")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](&#x6A;avascript:alert(1))")]
    [InlineData("[x](&#106;&#97;vascript&colon;alert(1))")]
    [InlineData("[x](java&Tab;script:alert(1))")]
    [InlineData("[x](&#1;javascript:alert(1))")]
    [InlineData("[x](<java\tscript:alert(1)>)")]
    [InlineData("[x](data:text/html,<script>alert(1)</script>)")]
    [InlineData("[x](vbscript:msgbox)")]
    [InlineData("[x](//evil.example)")]
    [InlineData("[x](/core/protected/peers)")]
    [InlineData("![x](javascript:alert(1))")]
    [InlineData("![x](/core/public/pair)")]
    [InlineData("<javascript:alert(1)>")]
    [InlineData("[x]: javascript:alert(1)\n\n[x]")]
    [InlineData("[![a](javascript:alert(1))](javascript:alert(2))")]
    [InlineData("[x](https://a.example \"\\\" onmouseover=alert(1) \\\"\")")]
    [InlineData("`<script>`\n\n    <script>\n\n```<script>\n<script>\n```")]
    [InlineData("a | b\n-|-\n<script> | [x](javascript:x)")]
    [InlineData("www.evil.example\" onclick=alert(1)")]
    public void Output_contains_nothing_that_runs_or_has_a_forbidden_scheme(string markdown)
    {
        var html = Markdown.Render(markdown).Value;
        var rest = System.Text.RegularExpressions.Regex.Replace(
            html, "<(/?(p|h[3-6]|strong|em|code|pre|ul|ol|li|table|thead|tbody|tr|th|td|blockquote)( class=\"[a-z-]*(&lt;script&gt;)?\")?|a href=\"(https?|mailto):[^\"]*\"( (title|rel)=\"[^\"]*\")*|/a)>", "");
        Assert.DoesNotContain('<', rest);
    }

    [Fact]
    public void Text_that_nests_without_end_is_shown_as_it_is()
    {
        var hostile = new string('>', 5000) + "<b>";
        Assert.DoesNotContain("<b>", Markdown.Render(hostile).Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", 1001)]
    [InlineData("[a]", 501)]
    [InlineData("](", 501)]
    [InlineData("![", 501)]
    [InlineData("*a ", 1001)]
    [InlineData("*a_", 501)]
    [InlineData("**a~~b", 501)]
    [InlineData("a^b+", 501)]
    [InlineData("> ", 1001)]
    [InlineData("1. ", 1001)]
    [InlineData("- ", 1001)]
    [InlineData("a|", 1001)]
    [InlineData("`a", 1001)]
    public void A_text_with_more_than_a_thousand_marks_is_shown_as_it_was_written(string part, int times)
    {
        var text = string.Concat(Enumerable.Repeat(part, times));
        Assert.Equal($"<p>{System.Net.WebUtility.HtmlEncode(text)}</p>", Markdown.Render(text).Value);
        Assert.Equal("", Markdown.Plain(text));
    }

    [Fact]
    public void A_long_description_with_many_links_and_a_table_is_rendered()
    {
        var links = string.Concat(Enumerable.Repeat("- **Read** [my site](https://a.example/b_c), since 1.1.2026\n", 70));
        var table = "a|b|c\n-|-|-\n" + string.Concat(Enumerable.Repeat("1|2|3\n", 100));
        var html = Markdown.Render($"{links}\n\n{table}").Value;
        Assert.Equal((70, 300), (Count(html, "<a href"), Count(html, "<td>")));
    }

    [Fact]
    public void Nesting_of_more_than_32_levels_is_shown_as_it_was_written()
    {
        var text = new string('>', 40) + " a";
        Assert.Equal($"<p>{System.Net.WebUtility.HtmlEncode(text)}</p>", Markdown.Render(text).Value);
    }

    private static int Count(string html, string part) => html.Split(part).Length - 1;

    [Theory]
    [InlineData("[")]
    [InlineData("*a_")]
    [InlineData("![[](")]
    [InlineData("`")]
    [InlineData("<")]
    [InlineData("- ")]
    [InlineData("> ")]
    [InlineData("1. ")]
    [InlineData("http://a.b(")]
    public void A_description_of_full_length_is_rendered_soon(string part)
    {
        var started = TimeProvider.System.GetTimestamp();
        Markdown.Render(string.Concat(Enumerable.Repeat(part, 10_000 / part.Length)));
        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(2));
    }
}
