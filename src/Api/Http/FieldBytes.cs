using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Header values are bytes (RFC 9110 section 5.5). In this program, each byte is one character from U+0000 to U+00FF, so that values that are only
/// forwarded arrive as they were sent, UTF-8 or not. Values that are read or written as text are converted by <see cref="Text"/> and
/// <see cref="Of"/>.
/// </summary>
internal static class FieldBytes
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void PassHeaderBytes(this KestrelServerOptions kestrel)
    {
        kestrel.RequestHeaderEncodingSelector = name =>
            name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionField.Instance : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
    }

    /// <summary>The UTF-8 bytes of a text as one character each. It is the same string if the text is ASCII.</summary>
    public static string Of(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <returns>The text of a field, or null if its bytes are not UTF-8.</returns>
    public static string? Text(string field)
    {
        if (Ascii.IsValid(field))
            return field;

        try
        {
            return Strict.GetString(Encoding.Latin1.GetBytes(field));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
