using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace PeerRegistry.Client;

/// <summary>Sends requests to the core: with the app's token, again if it is sensible, and with a problem as an exception.</summary>
internal sealed class CoreSender(PortalOptions options, HttpMessageHandler? inner) : IDisposable
{
    /// <summary>Tells a problem of the core from an answer of a peer's app. The core removes such fields from what a peer answers.</summary>
    private const string ProblemField = "X-Ptl-Problem";

    private const string TokenField = "Proxy-Authorization"; // so that Authorization remains for the peer's app

    /// <summary>RFC 9110 section 9.2.2.</summary>
    private static readonly FrozenSet<HttpMethod> Idempotent =
        FrozenSet.Create(HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Trace, HttpMethod.Put, HttpMethod.Delete);

    private readonly HttpMessageInvoker invoker = new(inner ?? ToCore());

    /// <param name="target">Path and query at the core, to the byte.</param>
    /// <param name="fromPeer">Whether the answer may be that of a peer's app.</param>
    /// <exception cref="PortalException">The core answered with a problem.</exception>
    public async Task<HttpResponseMessage> Send(HttpRequestMessage request, string target, bool fromPeer, CancellationToken ct)
    {
        var asked = request.RequestUri;
        request.RequestUri = new Uri(
            options.Core.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        request.Headers.Remove(TokenField);
        if (options.Token is { } token)
            request.Headers.TryAddWithoutValidation(TokenField, $"Bearer {token}");
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                var answer = await invoker.SendAsync(request, ct);
                var code = answer.Headers.TryGetValues(ProblemField, out var codes) ? codes.First() : null;
                var wait = RetryAfter(answer);
                if (attempt < options.MaxRetries && wait <= options.MaxWait && MayBeRepeated(request, answer.StatusCode, code))
                {
                    answer.Dispose();
                    await Task.Delay(wait.Value, options.Clock, ct);
                    continue;
                }

                if (code is null && (fromPeer || answer.IsSuccessStatusCode))
                    return answer;
                using (answer)
                    throw await PortalException.Read(answer, code, wait, ct);
            }
        }
        finally
        {
            request.Headers.Remove(TokenField); // the message is in the caller's hands again
            request.RequestUri = asked;
        }
    }

    /// <summary>Asks the core itself for something, without a body.</summary>
    /// <param name="target">Path and query at the core, to the byte.</param>
    /// <exception cref="PortalException">The core refused.</exception>
    public async Task<HttpResponseMessage> Ask(HttpMethod method, string target, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, null as Uri);
        return await Send(request, target, fromPeer: false, ct);
    }

    /// <returns>What the core has answered, and whether there is another page.</returns>
    /// <exception cref="PortalException">The core refused.</exception>
    public async Task<(T Value, bool HasMore)> Read<T>(string target, JsonTypeInfo<T> type, CancellationToken ct)
    {
        using var answer = await Ask(HttpMethod.Get, target, ct);
        var value = await answer.Content.ReadFromJsonAsync(type, ct) ?? throw new HttpRequestException("The core answered null.");
        return (value, answer.Headers.Contains("Link")); // RFC 8288: rel="next" is the only one
    }

    /// <param name="query">More of the query, with an ampersand before each part.</param>
    /// <param name="cursor">What is sent as <c>after</c> to get what follows this item.</param>
    /// <exception cref="PortalException">The core refused.</exception>
    public async IAsyncEnumerable<T> ReadPages<T>(
        string path, string query, JsonTypeInfo<T[]> type, Func<T, string> cursor, [EnumeratorCancellation] CancellationToken ct)
    {
        for (string? after = ""; after is not null;)
        {
            var (page, hasMore) = await Read($"{path}?limit=1000{after}{query}", type, ct);
            foreach (var item in page)
                yield return item;
            after = hasMore ? $"&after={cursor(page[^1])}" : null;
        }
    }

    public void Dispose() => invoker.Dispose();

    /// <summary>
    /// The core refuses with <c>rate_limited</c> before it sends anything to the peer. Any other such answer may come after the request has had its effect, so
    /// that only an idempotent request is repeated, or one that is to be delivered later, which the core recognizes by its key.
    /// </summary>
    private static bool MayBeRepeated(HttpRequestMessage request, HttpStatusCode status, string? code) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
        && (code == "rate_limited" || Idempotent.Contains(request.Method) || DeferredCalls.IsDeferred(request))
        && IsReplayable(request.Content);

    /// <summary>Whether the body is in memory, rather than a stream that is gone once it was sent.</summary>
    private static bool IsReplayable(HttpContent? body) => body switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(IsReplayable),
        _ => false,
    };

    private TimeSpan? RetryAfter(HttpResponseMessage answer)
    {
        var asked = answer.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date - options.Clock.GetUtcNow());
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    /// <summary>
    /// Nothing is added, kept or followed, so that peers get requests as the app made them: no cookies, which all peers would share, and no headers for
    /// tracing.
    /// </summary>
    private static SocketsHttpHandler ToCore() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    };
}
