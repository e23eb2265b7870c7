using System.Net.Http.Headers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>What is known of who has signed an answer.</summary>
/// <param name="Body">The body that is compared with what the peer's core signed, or null if the answer is not signed.</param>
/// <param name="Sent">The request as it was sent, with its signature among its fields.</param>
internal sealed record ProvenAnswer(Stream? Body, ReceivedRequest Sent)
{
    public static readonly ProvenAnswer None = new(null, default);

    /// <inheritdoc cref="PeerCallAnswer.Earlier"/>
    public EarlierDelivery? Earlier { get; init; }

    /// <returns>Null if nothing is signed, or the trailers with the signature are not there yet.</returns>
    public CallReceipt? Receipt(HttpResponseMessage response)
    {
        if (Body is null)
            return null;

        var head = Signed(response.Headers.NonValidated, response.Content.Headers.NonValidated);
        var answer = head.Count == SignedAnswers.Fields.Count ? head : Signed(response.TrailingHeaders.NonValidated);
        return answer.Count == SignedAnswers.Fields.Count
            ? new(Sent.Method, $"{Sent.Scheme}://{Sent.Authority}{Sent.Target}", Of(Sent.Fields), (int)response.StatusCode, answer)
            : null;
    }

    private static List<KeyValuePair<string, string>> Signed(params IEnumerable<HttpHeadersNonValidated> fields) => Of(new MessageFields(fields));

    private static List<KeyValuePair<string, string>> Of(IFields fields) =>
        [.. from name in SignedAnswers.Fields
            from value in fields.Get(name).Take(1)
            select KeyValuePair.Create(name, value)];
}
