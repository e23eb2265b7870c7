using System.Net.Http.Headers;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>A peer's answer while it is being passed on; holds the connection and the call's place until then.</summary>
internal sealed class ForwardedAnswer(
    OpenCalls calls, OpenCall open, HttpRequestMessage request, HttpResponseMessage response, Stream body, SpooledBody? sent) : PeerCallAnswer
{
    private readonly CancellationToken cut = open.Stop;

    public override int Status => (int)response.StatusCode;

    public override IEnumerable<KeyValuePair<string, string>> Fields
    {
        get
        {
            var connection = response.Headers.NonValidated.TryGetValues("Connection", out var values) ? values.ToString() : null;
            return Passing(response.Headers.NonValidated, connection).Concat(Passing(response.Content.Headers.NonValidated, connection));
        }
    }

    public override IEnumerable<KeyValuePair<string, string>> Trailers => Passing(response.TrailingHeaders.NonValidated, null);

    public override Stream Body => body;

    public override CancellationToken Cut => cut;

    public override void Moved(int bytes) => open.Moved(bytes);

    public override async ValueTask DisposeAsync()
    {
        await body.DisposeAsync(); // unread: closes the connection
        response.Dispose();
        request.Dispose();
        if (sent is not null)
            await sent.DisposeAsync();
        calls.Leave(open);
    }

    private static IEnumerable<KeyValuePair<string, string>> Passing(HttpHeadersNonValidated fields, string? connection)
    {
        foreach (var (name, values) in fields)
        {
            if (!PassedFields.Passes(name, connection))
                continue;
            foreach (var value in values)
                yield return KeyValuePair.Create(name, value);
        }
    }
}
