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
    /// <summary>The longest answer that is held in memory to be signed in its header, in bytes.</summary>
    public const int MaxHeld = 64 * 1024;

    private static readonly string[] Names = ["Content-Digest", "Signature-Input", "Signature"];

    private IncrementalHash? hash;

    /// <summary>Signs the answer in its header, or begins to hash it.</summary>
    /// <exception cref="IOException">A short answer ended early.</exception>
    public async ValueTask Begin(HttpContext context, HttpResponseMessage answer, CancellationToken ct)
    {
        var (status, content, length) = ((int)answer.StatusCode, answer.Content, answer.Content.Headers.ContentLength);
        if (HasNoBody(answer, request.Method))
        {
            Add(context.Response.Headers, status, SHA256.HashData([]));
        }
        else if (length <= MaxHeld)
        {
            var body = new byte[length.Value];
            await using (var stream = await content.ReadAsStreamAsync(ct))
                await stream.ReadExactlyAsync(body, ct);
            Add(context.Response.Headers, status, SHA256.HashData(body));
            answer.Content = new ByteArrayContent(body);
        }
        else if (TakesTrailers(context.Request))
        {
            hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            context.Response.ContentLength = null; // only chunks are followed by trailers
            context.Response.Headers.TransferEncoding = "chunked";
            context.Response.Headers.Trailer = Names;
            answer.Content = new StreamContent(new ChunkedAnswer(
                await content.ReadAsStreamAsync(ct), piece => hash.AppendData(piece.Span), () => Sign(status, hash.GetHashAndReset())));
        }
    }

    public void Dispose() => hash?.Dispose();

    private void Add(IHeaderDictionary headers, int status, ReadOnlySpan<byte> sha256)
    {
        foreach (var (name, value) in Sign(status, sha256))
            headers[name] = value;
    }

    private IReadOnlyList<KeyValuePair<string, string>> Sign(int status, ReadOnlySpan<byte> sha256) =>
        signatures.SignAppAnswer(self, status, sha256, request, label);

    private static bool TakesTrailers(HttpRequest caller) =>
        HttpProtocol.IsHttp11(caller.Protocol) && caller.Headers.TE.ToString().Contains("trailers", StringComparison.OrdinalIgnoreCase);

    private static bool HasNoBody(HttpResponseMessage answer, string method) =>
        HttpMethods.IsHead(method) || answer.Content.Headers.ContentLength == 0
        || answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified;
}
