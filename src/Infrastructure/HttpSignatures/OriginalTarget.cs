using System.Buffers;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// The original core rewrites a request's target before it verifies the signature, so it only accepts a signature over a target that the rewrite
/// does not change: one without an empty query, dot segments, lower-case or needless percent-encoding, and characters that would be encoded.
/// </summary>
internal static class OriginalTarget
{
    private static readonly SearchValues<char> PathChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/%");

    private static readonly SearchValues<char> QueryChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/%?");

    private static readonly SearchValues<char> HostChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-._");

    /// <param name="target">The target in origin-form.</param>
    internal static bool IsUnchanged(ReadOnlySpan<char> target)
    {
        var mark = target.IndexOf('?');
        var path = mark < 0 ? target : target[..mark];
        var query = mark < 0 ? default : target[(mark + 1)..];
        return path is ['/', ..]
            && !(mark >= 0 && query.IsEmpty)
            && !path.ContainsAnyExcept(PathChars)
            && !query.ContainsAnyExcept(QueryChars)
            && HasPlainEscapes(target)
            && !HasDotSegment(path);
    }

    /// <param name="uri">An absolute URI. It must not name the default port of https, which the original core does not remove.</param>
    internal static bool IsUnchangedUri(ReadOnlySpan<char> uri)
    {
        const string Scheme = "https://";
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal))
            return false;

        uri = uri[Scheme.Length..];
        var slash = uri.IndexOf('/');
        return slash > 0 && IsPlainAuthority(uri[..slash]) && IsUnchanged(uri[slash..]);
    }

    private static bool IsPlainAuthority(ReadOnlySpan<char> authority)
    {
        var colon = authority.IndexOf(':');
        var host = colon < 0 ? authority : authority[..colon];
        var port = colon < 0 ? "1" : authority[(colon + 1)..];
        return !host.IsEmpty && !host.ContainsAnyExcept(HostChars)
            && !port.IsEmpty && !port.ContainsAnyExceptInRange('0', '9') && port is not "443";
    }

    private static bool HasPlainEscapes(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOf('%'); at >= 0; at = text.IndexOf('%'))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigitUpper(text[at + 1]) || !char.IsAsciiHexDigitUpper(text[at + 2]))
                return false;

            var c = (char)Convert.FromHexString(text.Slice(at + 1, 2))[0];
            if (char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
                return false;

            text = text[(at + 3)..];
        }

        return true;
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var segment in path.Split('/'))
        {
            if (path[segment] is "." or "..")
                return true;
        }

        return false;
    }
}
