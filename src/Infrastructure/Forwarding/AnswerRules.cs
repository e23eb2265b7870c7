using System.Buffers;
using System.Net.Http.Headers;
using PeerRegistry.Domain.Common;

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
    /// <exception cref="RefusedException"><c>answer_invalid</c></exception>
    public static void Require(HttpResponseMessage response, bool upgrade)
    {
        var status = (int)response.StatusCode;
        if (status == 101)
        {
            if (!upgrade || !IsWebSocket(response))
                throw PeerFailure.AnswerInvalid("it switches to a protocol that nobody asked for");
            return;
        }

        if (status is < 200 or > 599)
            throw PeerFailure.AnswerInvalid("its status is not one of HTTP");

        var chunked = response.Headers.NonValidated.TryGetValues("Transfer-Encoding", out var coding);
        if (chunked && !IsOne(coding, "chunked"))
            throw PeerFailure.AnswerInvalid("its transfer coding is not \"chunked\"");

        var measured = response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var length);
        if (measured && (chunked || length.Count != 1 || response.Content.Headers.ContentLength is null))
            throw PeerFailure.AnswerInvalid("its length is given twice or is no number");

        if (status is 204 or 205 && (chunked || response.Content.Headers.ContentLength > 0))
            throw PeerFailure.AnswerInvalid("its status allows for no body and it has one");
    }

    /// <returns>The value of a field, as it is.</returns>
    /// <exception cref="RefusedException"><c>answer_invalid</c>: a control character (RFC 9110 section 5.5).</exception>
    public static string Plain(string value) =>
        value.AsSpan().ContainsAny(Controls) ? throw PeerFailure.AnswerInvalid("a header has a control character") : value;

    private static bool IsWebSocket(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues("Upgrade", out var protocol) && IsOne(protocol, "websocket");

    private static bool IsOne(HeaderStringValues values, string expected) =>
        values.Count == 1 && values.ToString().Equals(expected, StringComparison.OrdinalIgnoreCase);
}
