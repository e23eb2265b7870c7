using System.Net.Http.Headers;
using System.Security.Cryptography;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Exchanges small signed messages with other cores, each within a deadline.</summary>
internal sealed class PeerMessages(PeerConnections connections, ISignatures signatures, PeerClocks clocks, TimeProvider clock) : IPeerMessages
{
    public const int MaxAnswer = 1 << 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public async Task<PeerAnswer> Send(PeerMessage message, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        var uri = $"https://{message.Domain}{message.PathAndQuery}";
        using var request = PeerConnections.Request(message.Method, uri);
        var fields = Prepare(message, request, uri);
        var sent = clock.GetUtcNow();
        try
        {
            using var response = await connections.Send(request, either.Token);
            var offset = Offset(response.Headers.Date, sent, clock.GetUtcNow());
            if (response.Headers.Date is not null)
                clocks.Heard(message.Self, message.Domain, offset);
            return Authenticate(message, fields, response, await ReadBody(response, either.Token), offset);
        }
        catch (Exception e) when (PeerFailure.IsOne(e) && !ct.IsCancellationRequested)
        {
            throw PeerFailure.Of(e);
        }
    }

    private AddedFields Prepare(PeerMessage message, HttpRequestMessage request, string uri)
    {
        if (!message.Body.IsEmpty)
        {
            request.Content = new ReadOnlyMemoryContent(message.Body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (message.IfNoneMatch is { } tag)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        if (!message.Signed)
            return AddedFields.None;

        var signed = signatures.Sign(
            message.Self,
            "portal-core",
            message.Method.Method,
            message.Domain,
            uri,
            SHA256.HashData(message.Body.Span),
            message.ToOriginal);
        foreach (var (name, value) in signed)
            request.Headers.TryAddWithoutValidation(name, value);
        return new AddedFields(signed);
    }

    /// <summary>
    /// By how much a clock is at least ahead of ours. A <c>Date</c> has whole seconds, rounded down, and was written at some time between the two.
    /// </summary>
    public static TimeSpan Offset(DateTimeOffset? date, DateTimeOffset sent, DateTimeOffset received)
    {
        if (date > received)
            return date.Value - received;
        return date?.AddSeconds(1) < sent ? date.Value.AddSeconds(1) - sent : TimeSpan.Zero;
    }

    private PeerAnswer Authenticate(PeerMessage message, AddedFields sent, HttpResponseMessage response, byte[] body, TimeSpan offset)
    {
        var request = new ReceivedRequest(message.Method.Method, "https", message.Domain, message.PathAndQuery, sent);
        var fields = new MessageFields(response);
        var status = (int)response.StatusCode;
        string? Verify(PublicKey key) => signatures.VerifyAnswer(key, status, body, fields, request);

        return new PeerAnswer(status, body, fields, offset, message.ExpectedSigner is { } key ? Verify(key) : "signer_unknown")
        {
            VerifyWith = Verify,
        };
    }

    /// <exception cref="RefusedException"><c>answer_invalid</c>: larger than <see cref="MaxAnswer"/>.</exception>
    private static async Task<byte[]> ReadBody(HttpResponseMessage response, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(chunk, ct)) > 0;)
        {
            if (body.Length + read > MaxAnswer)
                throw PeerFailure.AnswerInvalid($"it is larger than {MaxAnswer >> 20} MiB");
            body.Write(chunk.AsSpan(0, read));
        }

        return body.ToArray();
    }
}
