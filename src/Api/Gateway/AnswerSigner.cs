using System.Net;
using System.Security.Cryptography;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Gateway;

/// <summary>
/// Signs what an app answers to a peer (docs/protocol.md, "Answers of apps"). A short answer of known length is signed in its header. Any other is signed
/// in its trailers, for a caller that takes some, since the digest is known only at the end.
/// </summary>
/// <param name="request">The peer's request as it was signed.</param>
/// <param name="label">The label of its signature.</param>
internal sealed class AnswerSigner(ISignatures signatures, PortalId self, ReceivedRequest request, string label) : IDisposable
{
    private static readonly string[] Trailers = [.. SignedAnswers.Fields];

    private Hash? passing;

    /// <summary>Signs the answer in its header, or begins to hash it.</summary>
    /// <exception cref="IOException">A short answer ended early.</exception>
    public async ValueTask Begin(HttpContext context, HttpResponseMessage answer, CancellationToken ct)
    {
        var (status, content, length) = ((int)answer.StatusCode, answer.Content, answer.Content.Headers.ContentLength);
        if (HasNoBody(answer, request.Method))
        {
            Add(context.Response.Headers, status, SHA256.HashData([]));
        }
        else if (length <= SignedAnswers.MaxHeld)
        {
            var body = new byte[length.Value];
            await using (var stream = await content.ReadAsStreamAsync(ct))
                await stream.ReadExactlyAsync(body, ct);
            Add(context.Response.Headers, status, SHA256.HashData(body));
            answer.Content = new ByteArrayContent(body);
        }
        else if (TakesTrailers(context))
        {
            var stream = await content.ReadAsStreamAsync(ct);
            passing = new Hash();
            context.Response.ContentLength = null; // over HTTP/1.1, only chunks are followed by trailers
            context.Response.Headers.Trailer = Trailers;
            if (HttpProtocol.IsHttp11(context.Request.Protocol))
            {
                context.Response.Headers.TransferEncoding = "chunked";
                answer.Content = new StreamContent(new ChunkedAnswer(stream, passing.Append, () => Sign(status, passing.Value)));
            }
            else
            {
                answer.Content = new StreamContent(new VerifiedBody(stream, length, passing, withheld: 0, _ => null));
            }
        }
    }

    /// <summary>Signs an answer over HTTP/2 that was hashed while it passed. Over HTTP/1.1, the trailers are part of what Kestrel takes for the body.</summary>
    public void End(HttpResponse response)
    {
        if (passing is null || response.Headers.TransferEncoding.Count > 0)
            return;
        foreach (var (name, value) in Sign(response.StatusCode, passing.Value))
            response.AppendTrailer(name, value);
    }

    public void Dispose() => passing?.Dispose();

    private void Add(IHeaderDictionary headers, int status, ReadOnlySpan<byte> sha256)
    {
        foreach (var (name, value) in Sign(status, sha256))
            headers[name] = value;
    }

    private IReadOnlyList<KeyValuePair<string, string>> Sign(int status, ReadOnlySpan<byte> sha256) =>
        signatures.SignAppAnswer(self, status, sha256, request, label);

    private static bool TakesTrailers(HttpContext context) =>
        context.Request.Headers.TE.ToString().Contains("trailers", StringComparison.OrdinalIgnoreCase)
        && (HttpProtocol.IsHttp11(context.Request.Protocol) || context.Response.SupportsTrailers());

    private static bool HasNoBody(HttpResponseMessage answer, string method) =>
        HttpMethods.IsHead(method) || answer.Content.Headers.ContentLength == 0
        || answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified;

    /// <summary>The SHA-256 of what passes. Its value is taken when the stream is disposed of, which is before the trailers are written.</summary>
    private sealed class Hash : IBodyDigest
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private byte[]? value;

        public byte[] Value => value ??= hash.GetHashAndReset();

        public void Append(ReadOnlySpan<byte> piece) => hash.AppendData(piece);

        public bool Is(string contentDigest) => throw new NotSupportedException();

        public void Dispose()
        {
            _ = Value;
            hash.Dispose();
        }
    }
}
