using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Base64 of byte sequences (RFC 9651 section 4.2.7). Padding may be missing, and pad bits may be set.</summary>
internal static class Base64Text
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    internal static bool IsOne(ReadOnlySpan<char> text)
    {
        var bare = text.TrimEnd('=');
        return !bare.ContainsAnyExcept(Digits)
            && bare.Length % 4 != 1
            && (bare.Length == text.Length || (text.Length % 4 == 0 && text.Length - bare.Length <= 2));
    }

    /// <summary>The number of bytes that a valid text encodes.</summary>
    internal static int LengthOf(ReadOnlySpan<char> text) => text.TrimEnd('=').Length * 3 / 4;

    /// <param name="text">A text for which <see cref="IsOne"/> is true.</param>
    /// <param name="bytes">At least <see cref="LengthOf"/> bytes.</param>
    internal static void Decode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        var (bits, have, at) = (0, 0, 0);
        foreach (var c in text.TrimEnd('='))
        {
            bits = ((bits << 6) | Value(c)) & 0xFFFF;
            have += 6;
            if (have >= 8)
            {
                have -= 8;
                bytes[at++] = (byte)(bits >> have);
            }
        }
    }

    /// <returns>A dictionary member, <c>key=:…:</c>.</returns>
    internal static string Member(string key, ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Convert.TryToBase64Chars(bytes, text, out _);
        return $"{key}=:{text}:";
    }

    private static int Value(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '+' => 62,
        _ => 63,
    };
}

/// <summary>Display strings (RFC 9651 sections 4.1.11 and 4.2.10): UTF-8, percent-encoded with lower-case digits.</summary>
internal static class DisplayText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static bool TryDecode(ReadOnlySpan<char> raw, out string text)
    {
        text = "";
        var bytes = new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] is < ' ' or > '~')
                return false;

            bytes[length++] = (byte)raw[i];
            if (raw[i] != '%')
                continue;
            if (i + 2 >= raw.Length || !char.IsAsciiHexDigitLower(raw[i + 1]) || !char.IsAsciiHexDigitLower(raw[i + 2]))
                return false;

            bytes[length - 1] = byte.Parse(raw.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            i += 2;
        }

        try
        {
            text = Strict.GetString(bytes, 0, length);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <exception cref="StructuredFieldException">The text has an unpaired surrogate.</exception>
    internal static void Encode(string text, StringBuilder to)
    {
        byte[] bytes;
        try
        {
            bytes = Strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new StructuredFieldException("A display string must be Unicode text.");
        }

        foreach (var b in bytes)
        {
            if (b is (byte)'%' or (byte)'"' or < 0x20 or > 0x7e)
                to.Append('%').Append(b.ToString("x2", CultureInfo.InvariantCulture));
            else
                to.Append((char)b);
        }
    }
}
