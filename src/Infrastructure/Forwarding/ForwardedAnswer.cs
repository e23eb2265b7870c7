using System.Net.Http.Headers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>A peer's response while it is being forwarded. It holds the connection, and counts as a running call, until it is disposed.</summary>
internal sealed class ForwardedAnswer : PeerCallAnswer
{
    /// <summary>Tells the app that the peer's core has signed the answer, whose end is withheld until it is verified.</summary>
    private const string AnswerVerified = "X-Ptl-Answer-Verified";

    private readonly OpenCalls calls;
    private readonly OpenCall open;
    private readonly HttpRequestMessage request;
    private readonly HttpContent received;

    private readonly ProvenAnswer proof;

    public ForwardedAnswer(OpenCalls calls, OpenCall open, HttpRequestMessage request, HttpResponseMessage response, ProvenAnswer proof)
    {
        (this.calls, this.open, this.request, this.proof, received) = (calls, open, request, proof, response.Content);
        (Message, Cut, Fields) = (response, open.Stop, Head(response, isVerified: proof.Body is not null));
        response.Content = new AnswerContent(open, proof.Body ?? received.ReadAsStream(open.Stop), End);
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
            if (AnswerRules.HasControls(Message.TrailingHeaders.NonValidated))
                throw PeerFailure.AnswerInvalid("a trailer has a control character");
            Add(passing, Message.TrailingHeaders.NonValidated, null);
            return passing;
        }
    }

    public override CallReceipt? Receipt => proof.Receipt(Message);

    public override EarlierDelivery? Earlier => proof.Earlier;

    public override CancellationToken Cut { get; }

    private void End()
    {
        received.Dispose(); // unread: closes the connection
        request.Dispose();
        calls.Leave(open);
    }

    private static List<KeyValuePair<string, string>> Head(HttpResponseMessage response, bool isVerified)
    {
        var connection = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToString() : null;
        var passing = new List<KeyValuePair<string, string>>(8);
        Add(passing, response.Headers.NonValidated, connection);
        Add(passing, response.Content.Headers.NonValidated, connection);
        if (isVerified)
            passing.Add(KeyValuePair.Create(AnswerVerified, "1"));
        return passing;
    }

    private static void Add(List<KeyValuePair<string, string>> to, HttpHeadersNonValidated fields, string? connection)
    {
        foreach (var (name, values) in fields)
        {
            if (!HeaderFilter.Passes(name, connection))
                continue;
            foreach (var value in values)
                to.Add(KeyValuePair.Create(name, value));
        }
    }
}
