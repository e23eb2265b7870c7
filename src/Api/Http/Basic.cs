using System.Text;
using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.Http;

internal static class Basic
{
    private const string Scheme = "Basic ";

    /// <summary>
    /// Characters of base64. Our passwords have 43, so a longer field is somebody else's; reading it would cost every request.
    /// </summary>
    private const int MaxLength = 512;

    /// <returns>User and password of the one <c>Basic</c> field (RFC 7617); null for none, several, another scheme or a malformed one.</returns>
    public static (string User, string Password)? Credentials(StringValues field)
    {
        if (field is not [{ Length: <= MaxLength } only] || !only.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;

        Span<byte> bytes = stackalloc byte[MaxLength];
        if (!Convert.TryFromBase64Chars(only.AsSpan(Scheme.Length).Trim(' '), bytes, out var length) || bytes[..length].IndexOf((byte)':') is not (>= 0 and var colon))
            return null;

        return (Encoding.UTF8.GetString(bytes[..colon]), Encoding.UTF8.GetString(bytes[(colon + 1)..length]));
    }
}
