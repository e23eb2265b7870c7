using System.Net.Http.Headers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>A peer's response while it is being forwarded. It holds the connection, and counts as a running call, until it is disposed.</summary>
/// <exception cref="Domain.Common.RefusedException"><c>answer_invalid</c>: a field's value has control characters.</exception>
internal sealed class ForwardedAnswer : PeerCallAnswer
{
    private readonly OpenCalls calls;
    private readonly OpenCall open;
    private readonly HttpRequestMessage request;
    private readonly HttpContent received;

    public ForwardedAnswer(OpenCalls calls, OpenCall open, HttpRequestMessage request, HttpResponseMessage response)
    {
        (this.calls, this.open, this.request, received) = (calls, open, request, response.Content);
        (Message, Cut, Fields) = (response, open.Stop, Head(response));
        response.Content = new AnswerContent(open, received.ReadAsStream(open.Stop), End);
    }

    public override HttpResponseMessage Message { get; }

    public override IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    public override IReadOnlyList<KeyValuePair<string, string>> Trailers
    {
        get
        {
            if (!Message.Headers.NonValidated.Contains("Transfer-Encoding"))
                return []; // RFC 9112 section 7.1.2: only chunks are followed by any

            var passing = new List<KeyValuePair<string, string>>();
            Add(passing, Message.TrailingHeaders.NonValidated, null);
            return passing;
        }
    }

    public override CancellationToken Cut { get; }

    private void End()
    {
        received.Dispose(); // unread: closes the connection
        request.Dispose();
        calls.Leave(open);
    }

    private static List<KeyValuePair<string, string>> Head(HttpResponseMessage response)
    {
        var connection = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToString() : null;
        var passing = new List<KeyValuePair<string, string>>(8);
        Add(passing, response.Headers.NonValidated, connection);
        Add(passing, response.Content.Headers.NonValidated, connection);
        return passing;
    }

    private static void Add(List<KeyValuePair<string, string>> to, HttpHeadersNonValidated fields, string? connection)
    {
        foreach (var (name, values) in fields)
        {
            if (!HeaderFilter.Passes(name, connection))
                continue;
            foreach (var value in values)
                to.Add(KeyValuePair.Create(name, AnswerRules.Plain(value)));
        }
    }
}
