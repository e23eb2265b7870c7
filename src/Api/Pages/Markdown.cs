using System.Net;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// Converts what people write about themselves to safe HTML: no raw HTML, links with allowed schemes only, headings below the page's own, and
/// links in the place of images, because loading an image would tell its server who is reading.
/// </summary>
internal static class Markdown
{
    private const int PageHeadings = 2;
    private const int MaxDepth = 32;

    /// <summary>
    /// The maximum number of brackets, list and quote markers and runs of emphasis characters in a text. The parser compares each with those before
    /// it, so its work grows with the square of their number.
    /// </summary>
    private const int MaxMarks = 1000;

    private const string Brackets = "[]()<>!";
    private const string Runs = "*_~^+-=`|";
    private static readonly string[] Schemes = ["http", "https", "mailto"];
    private static readonly MarkdownPipeline Pipeline =
        new MarkdownPipelineBuilder { MaximumNestingDepth = MaxDepth }.DisableHtml().UseEmphasisExtras().UseAutoLinks().UsePipeTables().Build();

    /// <param name="text">Any text. If it is nested too deeply or has too many marks to be parsed cheaply, it is shown as it was written.</param>
    public static MarkupString Render(string text)
    {
        try
        {
            RequireFewMarks(text);
            var document = Markdig.Markdown.Parse(text, Pipeline);
            Tame(document);
            return new MarkupString(document.ToHtml(Pipeline));
        }
        catch (ArgumentException)
        {
            return new MarkupString($"<p>{WebUtility.HtmlEncode(text)}</p>");
        }
    }

    /// <returns>The plain text on one line, at most 200 characters.</returns>
    public static string Plain(string? text)
    {
        try
        {
            RequireFewMarks(text ?? "");
            var words = string.Join(' ', Markdig.Markdown.ToPlainText(text ?? "", Pipeline).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
            return words.Length <= 200 ? words : $"{words[..(char.IsHighSurrogate(words[198]) ? 198 : 199)].TrimEnd()}…";
        }
        catch (ArgumentException)
        {
            return "";
        }
    }

    /// <exception cref="ArgumentException">There are too many marks. Markdig throws the same for texts that are nested too deeply.</exception>
    private static void RequireFewMarks(string text)
    {
        var (marks, previous) = (0, '\0');
        foreach (var c in text)
        {
            if (Brackets.Contains(c) || (Runs.Contains(c) && c != previous) || (c == '.' && char.IsAsciiDigit(previous)))
                marks++;
            previous = c;
        }

        if (marks > MaxMarks)
            throw new ArgumentException($"The text has {marks} Markdown marks.", nameof(text));
    }

    private static void Tame(MarkdownDocument document)
    {
        foreach (var heading in document.Descendants<HeadingBlock>())
            heading.Level = Math.Min(heading.Level + PageHeadings, 6);
        foreach (var link in document.Descendants<LinkInline>().ToList())
            Tame(link);
        foreach (var link in document.Descendants<AutolinkInline>().ToList())
        {
            if (link.IsEmail || IsAllowed(link.Url))
                Mark(link);
            else
                link.ReplaceBy(new LiteralInline(link.Url));
        }
    }

    private static void Tame(LinkInline link)
    {
        link.IsImage = false;
        link.GetDynamicUrl = null;
        if (IsAllowed(link.Url))
            Mark(link);
        else
            link.ReplaceBy(new ContainerInline(), copyChildren: true);
    }

    private static void Mark(MarkdownObject link) => link.GetAttributes().AddPropertyIfNotExist("rel", "nofollow ugc noopener noreferrer");

    /// <summary>Whether the URL is absolute, has an allowed scheme, and has no spaces or control characters, which a browser would remove.</summary>
    private static bool IsAllowed(string? url) =>
        url is not null && !url.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))
            && Array.Exists(Schemes, s => url.StartsWith(s + ":", StringComparison.OrdinalIgnoreCase));
}
