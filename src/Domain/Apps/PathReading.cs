using System.Buffers;
using System.Text;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// Reads the path of a request target: split from the query, then percent-decoded once (RFC 3986). A path that two servers could read
/// differently is refused.
/// </summary>
public static class PathReading
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~!$&'()*+,=:@/");

    /// <param name="target">The path and query as received (origin-form).</param>
    /// <param name="path">The decoded path, which begins with a slash. It is the same instance if nothing was encoded and there is no query.</param>
    /// <returns>
    /// False for a path that does not begin with a slash, or that has an empty, <c>.</c> or <c>..</c> segment, a backslash, a semicolon,
    /// an encoded slash, a control character, a broken or double percent-encoding or bytes that are not UTF-8; and for a target with
    /// an unencoded space or control character, or a <c>#</c>, which no valid request has.
    /// </returns>
    public static bool TryRead(string target, out string path)
    {
        path = "";
        if (target.Length == 0 || target[0] != '/')
            return false;

        var query = target.IndexOf('?', StringComparison.Ordinal);
        var raw = query < 0 ? target : target[..query];
        if (target.AsSpan().ContainsAnyInRange('\0', ' ') || target.AsSpan().ContainsAny('#', '\u007F'))
            return false;

        if (raw.AsSpan().ContainsAnyExcept(Plain))
        {
            if (Decode(raw) is not { } decoded)
                return false;
            raw = decoded;
        }

        if (raw.Contains("//", StringComparison.Ordinal) || HasDotSegment(raw))
            return false;

        path = raw;
        return true;
    }

    private static string? Decode(string raw)
    {
        Span<byte> bytes = raw.Length <= 512 ? stackalloc byte[3 * raw.Length] : new byte[3 * raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var c = raw[i];
            if (c == '%')
            {
                if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
                    return null;
                var value = (byte)((Convert.ToInt32(raw[i + 1].ToString(), 16) << 4) | Convert.ToInt32(raw[i + 2].ToString(), 16));
                if (value == '/')
                    return null;
                bytes[length++] = value;
                i += 2;
            }
            else if (char.IsAscii(c))
            {
                bytes[length++] = (byte)c;
            }
            else if (Rune.TryGetRuneAt(raw, i, out var rune))
            {
                length += rune.EncodeToUtf8(bytes[length..]);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                return null;
            }
        }

        return Text(bytes[..length]);
    }

    private static string? Text(ReadOnlySpan<byte> utf8)
    {
        for (var i = 0; i < utf8.Length; i++)
        {
            var b = utf8[i];
            var encodedAgain = b == '%' && i + 2 < utf8.Length && char.IsAsciiHexDigit((char)utf8[i + 1]) && char.IsAsciiHexDigit((char)utf8[i + 2]);
            if (b is < 0x20 or 0x7F or (byte)'\\' or (byte)';' || encodedAgain)
                return null;
        }

        return System.Text.Unicode.Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
    }

    private static bool HasDotSegment(string path)
    {
        for (var i = path.IndexOf("/.", StringComparison.Ordinal); i >= 0; i = path.IndexOf("/.", i + 1, StringComparison.Ordinal))
        {
            var rest = path.AsSpan(i + 2);
            if (rest is [] or ['/', ..] or ['.'] or ['.', '/', ..])
                return true;
        }

        return false;
    }
}
