using Microsoft.Extensions.Primitives;

namespace PeerRegistry.Api.Http;

internal static class Bearer
{
    private const string Scheme = "Bearer ";

    /// <returns>The token of the only <c>Bearer</c> field (RFC 6750), or null if there is none, more than one or another scheme.</returns>
    public static string? Token(StringValues field) =>
        field is [{ } only] && only.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? only[Scheme.Length..].Trim(' ') : null;
}
