using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>The request line of a call: <c>/internal/call_peer/{id}/{path}?{query}</c>. It is read here, since routing decodes its path.</summary>
internal static class CallTarget
{
    public const string Prefix = "/internal/call_peer/";

    /// <param name="raw">As received, to the byte.</param>
    /// <returns>The peer's ID as it is written, and path and query at the peer's app in the form that is signed.</returns>
    /// <exception cref="RefusedException"><c>path_ambiguous</c></exception>
    public static (ReadOnlyMemory<char> Id, string Target) Split(string raw)
    {
        if (!raw.StartsWith(Prefix, StringComparison.Ordinal))
            throw SignedForm.Ambiguous();

        var end = raw.AsSpan(Prefix.Length).IndexOfAny('/', '?');
        if (end < 0)
            return (raw.AsMemory(Prefix.Length), "/");

        var (id, rest) = (raw.AsMemory(Prefix.Length, end), raw[(Prefix.Length + end)..]);
        var target = rest[0] == '/' ? rest : "/" + rest;
        return (id, SignedForm.Target(target));
    }
}
