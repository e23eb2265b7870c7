using System.Globalization;
using System.Text;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// The component <c>@query-param</c> (RFC 9421 section 2.2.8). Names and values are decoded as application/x-www-form-urlencoded and then
/// percent-encoded, with a space as <c>%20</c>.
/// </summary>
internal static class QueryParameter
{
    /// <param name="name">The encoded name from the component identifier.</param>
    internal static string? Write(ref AsciiWriter to, string query, string name)
    {
        string? found = null;
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (Recode(equals < 0 ? pair : pair[..equals]) != name)
                continue;
            if (found is not null)
                return SignatureReasons.ComponentMalformed;

            found = equals < 0 ? "" : Recode(pair[(equals + 1)..]);
        }

        if (found is null)
            return SignatureReasons.ComponentMissing;

        to.Write(found);
        return null;
    }

    private static string Recode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] == '%' && i + 2 < bytes.Length && char.IsAsciiHexDigit((char)bytes[i + 1]) && char.IsAsciiHexDigit((char)bytes[i + 2]))
            {
                bytes[length++] = byte.Parse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else
            {
                bytes[length++] = bytes[i] == '+' ? (byte)' ' : bytes[i];
            }
        }

        var plain = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes, 0, length)); // invalid UTF-8 becomes U+FFFD
        var coded = new StringBuilder(plain.Length);
        foreach (var b in plain)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'*' or (byte)'-' or (byte)'.' or (byte)'_')
                coded.Append((char)b);
            else
                coded.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return coded.ToString();
    }
}
