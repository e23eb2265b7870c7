using System.Buffers;
using System.Globalization;
using System.Text;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>
/// The one spelling of a request's method and target that no server on the way to the peer's app changes, so that what was signed is
/// what is verified there (docs/protocol.md, "Signed requests").
/// </summary>
internal static class SignedForm
{
    /// <summary>
    /// Characters that no path may contain as they are (RFC 3986 section 3.3). Servers written in Go, Caddy and Traefik among them,
    /// re-encode the whole path when they meet one.
    /// </summary>
    private static readonly SearchValues<char> Encoded = SearchValues.Create("\"<>^`{|}");

    /// <summary>nginx and forward-auth take these and no others.</summary>
    private static readonly SearchValues<char> MethodCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    /// <summary>Methods that HTTP clients write in upper case, however they are given (RFC 9110 section 9, RFC 5789).</summary>
    private static readonly string[] Standard = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

    /// <param name="target">Path and query as the app wrote them.</param>
    /// <returns>The same string if nothing needs encoding. A query is never changed.</returns>
    /// <exception cref="RefusedException"><c>path_ambiguous</c></exception>
    public static string Target(string target)
    {
        if (!Ascii.IsValid(target) || !PathReading.TryRead(target, out _))
            throw Ambiguous();

        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target.AsSpan(0, query);
        if (!path.ContainsAny(Encoded))
            return target;

        var written = new StringBuilder(target.Length + 16);
        foreach (var c in path)
        {
            if (Encoded.Contains(c))
                written.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
            else
                written.Append(c);
        }

        return written.Append(target.AsSpan(path.Length)).ToString();
    }

    /// <returns>Upper case for a standard method in any case.</returns>
    /// <exception cref="RefusedException"><c>method_invalid</c></exception>
    public static string Method(string method)
    {
        foreach (var standard in Standard)
        {
            if (method.Equals(standard, StringComparison.OrdinalIgnoreCase))
                return standard;
        }

        return method.AsSpan().ContainsAnyExcept(MethodCharacters) || method == "CONNECT"
            ? throw new RefusedException(RefusalKind.Invalid, "method_invalid",
                "A method has capital letters and hyphens only, and is not CONNECT; others change on the way, or end there.")
            : method;
    }

    public static RefusedException Ambiguous() =>
        new(RefusalKind.Invalid, "path_ambiguous", "The path can be read in more than one way, so it is not passed on.");
}
