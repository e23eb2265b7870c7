using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace PeerRegistry.Api.Pages;

/// <summary>
/// A text of a resource file with what stands inside it: <c>{0}</c> a value, <c>[words]</c> a link, <c>**words**</c> something important, and
/// code between backquotes. Values are inserted after the text is split, so nothing in a name can become markup.
/// </summary>
public sealed partial class Phrase : ComponentBase
{
    [Parameter, EditorRequired]
    public string Of { get; set; } = "";

    /// <summary>The values of <c>{0}</c> and so on. A <see cref="RenderFragment"/> stands as it is, anything else in a <c>bdi</c>, as a name of any script.</summary>
    [Parameter]
    public IReadOnlyList<object?> With { get; set; } = [];

    /// <summary>The addresses of the links, in the order of the text.</summary>
    [Parameter]
    public IReadOnlyList<string> Links { get; set; } = [];

    protected override void BuildRenderTree(RenderTreeBuilder builder) => Write(builder, Of, new Queue<string>(Links));

    private void Write(RenderTreeBuilder builder, string text, Queue<string> links)
    {
        var written = 0;
        foreach (Match part in Parts().Matches(text))
        {
            builder.AddContent(0, text[written..part.Index]);
            written = part.Index + part.Length;
            if (part.Groups["value"] is { Success: true, Value: var number })
                Insert(builder, With[int.Parse(number, CultureInfo.InvariantCulture)]);
            else if (part.Groups["link"] is { Success: true, Value: var words })
                Element(builder, "a", words, links, links.Dequeue());
            else if (part.Groups["strong"] is { Success: true, Value: var important })
                Element(builder, "strong", important, links);
            else
                Element(builder, "code", part.Groups["code"].Value, links);
        }

        builder.AddContent(0, text[written..]);
    }

    private void Element(RenderTreeBuilder builder, string name, string inner, Queue<string> links, string? address = null)
    {
        builder.OpenElement(1, name);
        if (address is not null)
            builder.AddAttribute(2, "href", address);
        Write(builder, inner, links);
        builder.CloseElement();
    }

    private static void Insert(RenderTreeBuilder builder, object? value)
    {
        if (value is RenderFragment fragment)
        {
            builder.AddContent(3, fragment);
            return;
        }

        builder.OpenElement(4, "bdi");
        builder.AddContent(5, value is IFormattable number ? number.ToString(null, CultureInfo.CurrentCulture) : value?.ToString());
        builder.CloseElement();
    }

    [GeneratedRegex(@"\{(?<value>[0-9])\}|\[(?<link>[^\]]+)\]|\*\*(?<strong>.+?)\*\*|`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parts();
}
