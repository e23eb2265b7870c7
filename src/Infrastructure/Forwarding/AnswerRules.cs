using System.Buffers;
using System.Net.Http.Headers;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// The conditions for forwarding a peer's response: every recipient must find its end at the same place (RFC 9112 section 6.3), and its status and field
/// values must be valid.
/// </summary>
internal static class AnswerRules
{
    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c).Where(c => c != '\t'), '\u007F']);

    /// <param name="upgrade">Whether the request was to open a WebSocket.</param>
    /// <returns>A clause that says what is not valid, such as <c>it has two lengths</c>, or null.</returns>
    public static string? Fault(HttpResponseMessage response, bool upgrade)
    {
        var status = (int)response.StatusCode;
        if (status == 101)
            return upgrade && IsWebSocket(response) ? null : "it switches to a protocol that nobody asked for";
        if (status is < 200 or > 599)
            return "its status is not one of HTTP";

        var chunked = response.Headers.NonValidated.TryGetValues("Transfer-Encoding", out var coding);
        if (chunked && !IsOne(coding, "chunked"))
            return "its transfer coding is not \"chunked\"";

        var measured = response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var length);
        if (measured && (chunked || length.Count != 1 || response.Content.Headers.ContentLength is null))
            return "its length is given twice or is no number";
        if (status is 204 or 205 && (chunked || response.Content.Headers.ContentLength > 0))
            return "its status allows for no body and it has one";

        return HasControls(response.Headers.NonValidated) || HasControls(response.Content.Headers.NonValidated) ? "a header has a control character" : null;
    }

    /// <summary>Whether a field has a control character (RFC 9110 section 5.5).</summary>
    public static bool HasControls(HttpHeadersNonValidated fields)
    {
        foreach (var (_, values) in fields)
        {
            foreach (var value in values)
            {
                if (value.AsSpan().ContainsAny(Controls))
                    return true;
            }
        }

        return false;
    }

    private static bool IsWebSocket(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Upgrade", out var protocol) && IsOne(protocol, "websocket");

    private static bool IsOne(HeaderStringValues values, string expected) =>
        values.Count == 1 && values.ToString().Equals(expected, StringComparison.OrdinalIgnoreCase);
}
