using System.Text;
using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.Http;

internal static class Basic
{
    private const string Scheme = "Basic ";

    /// <summary>
    /// In characters of base64. Our passwords have 43 characters, so a longer field is not ours and is not decoded, which would cost time.
    /// </summary>
    private const int MaxLength = 512;

    /// <returns>
    /// The user and the password of the only <c>Basic</c> field (RFC 7617), or null if there is none, more than one, another scheme or a malformed one.
    /// </returns>
    public static (string User, string Password)? Credentials(StringValues field)
    {
        if (field is not [{ Length: <= MaxLength } only] || !only.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;

        Span<byte> bytes = stackalloc byte[MaxLength];
        if (!Convert.TryFromBase64Chars(only.AsSpan(Scheme.Length).Trim(' '), bytes, out var length)
            || bytes[..length].IndexOf((byte)':') is not (>= 0 and var colon))
            return null;

        return (Encoding.UTF8.GetString(bytes[..colon]), Encoding.UTF8.GetString(bytes[(colon + 1)..length]));
    }
}
