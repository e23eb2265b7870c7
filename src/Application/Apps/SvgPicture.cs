using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace PeerRegistry.Application.Apps;

/// <summary>
/// Reduces an SVG to what only draws. A drawing can contain scripts, forms, other documents and addresses that a browser loads. Only elements and
/// attributes that are known to draw are kept, and references stay inside of the drawing. It is also served so that nothing in it could run.
/// </summary>
internal static class SvgPicture
{
    public const string MediaType = "image/svg+xml";

    private const int MaxElements = 5000;
    private const int MaxDepth = 64;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly HashSet<string> Drawing =
    [
        "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "linearGradient", "radialGradient", "stop",
        "clipPath", "mask", "pattern", "symbol", "use", "title", "desc", "filter", "feGaussianBlur", "feOffset", "feBlend", "feFlood", "feComposite", "feMerge",
        "feMergeNode", "feColorMatrix",
    ];

    /// <returns>UTF-8, or null if this is no SVG, or one that nobody needs to parse.</returns>
    public static byte[]? Reduce(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOf("<svg"u8) < 0 && bytes.IndexOf(":svg"u8) < 0)
            return null;

        try
        {
            var settings = new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Ignore,
                XmlResolver = null,
                IgnoreComments = true,
                IgnoreProcessingInstructions = true,
            };
            using var reader = XmlReader.Create(new MemoryStream(bytes.ToArray(), writable: false), settings);
            var left = MaxElements;
            reader.MoveToContent();
            return Element(reader, 0, ref left) is { } root && root.Name == Svg + "svg"
                ? Encoding.UTF8.GetBytes(root.ToString(SaveOptions.DisableFormatting))
                : null;
        }
        catch (XmlException)
        {
            return null; // broken, too deep, or with an entity that it defines itself
        }
    }

    /// <summary>Reads one element to its end.</summary>
    /// <returns>Null if it is not one that draws.</returns>
    private static XElement? Element(XmlReader reader, int depth, ref int left)
    {
        if (depth > MaxDepth || --left < 0)
            throw new XmlException("The drawing is too large.");

        var kept = reader.NamespaceURI == Svg.NamespaceName && Drawing.Contains(reader.LocalName) ? new XElement(Svg + reader.LocalName) : null;
        var isEmpty = reader.IsEmptyElement;
        while (reader.MoveToNextAttribute())
        {
            if (kept is not null && Attribute(reader) is { } attribute)
                kept.Add(attribute);
        }

        reader.MoveToElement();
        reader.Read();
        if (isEmpty)
            return kept;

        while (reader.NodeType is not (XmlNodeType.EndElement or XmlNodeType.None))
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                if (Element(reader, depth + 1, ref left) is { } child)
                    kept?.Add(child);
                continue;
            }

            if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
                kept?.Add(new XText(reader.Value));
            reader.Read();
        }

        reader.Read();
        return kept;
    }

    /// <returns>Null if it could do more than draw.</returns>
    private static XAttribute? Attribute(XmlReader reader)
    {
        var (name, value) = (reader.LocalName, reader.Value);
        if (name is "href")
            return value.StartsWith('#') ? new XAttribute(name, value) : null;
        return reader.NamespaceURI.Length == 0 && name != "xmlns" && !name.StartsWith("on", StringComparison.OrdinalIgnoreCase) && StaysInside(value)
            ? new XAttribute(name, value)
            : null;
    }

    /// <summary>Whether a value loads nothing: every <c>url(</c> in it names a part of the drawing, and no escape hides one.</summary>
    private static bool StaysInside(string value)
    {
        if (value.Contains('\\', StringComparison.Ordinal) || value.Contains('@', StringComparison.Ordinal) || value.Contains("/*", StringComparison.Ordinal))
            return false;

        for (var at = value.IndexOf("url", StringComparison.OrdinalIgnoreCase); at >= 0; at = value.IndexOf("url", at + 3, StringComparison.OrdinalIgnoreCase))
        {
            if (!value.AsSpan(at).StartsWith("url(#", StringComparison.OrdinalIgnoreCase))
                return false;
        }

        return !value.Contains("image(", StringComparison.OrdinalIgnoreCase) && !value.Contains("image-set(", StringComparison.OrdinalIgnoreCase)
            && !value.Contains("javascript:", StringComparison.OrdinalIgnoreCase);
    }
}
