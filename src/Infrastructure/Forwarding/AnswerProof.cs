using System.Net;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Verifies what a peer's app answers, if the peer's core signed it (docs/protocol.md, "Answers of apps"): in the header before the app gets the head, or in
/// the trailers before it gets the end.
/// </summary>
/// <param name="key">The peer's pinned key.</param>
/// <param name="request">The call as we sent it.</param>
/// <param name="record">Told what the answer proves, and once more if its end proves the contrary.</param>
internal sealed class AnswerProof(ISignatures signatures, PublicKey key, ReceivedRequest request, Action<AnswerProofState> record)
{
    /// <returns>The body to read in place of the response's own, or null if the answer is not signed.</returns>
    /// <exception cref="RefusedException"><c>answer_forged</c></exception>
    public async ValueTask<Stream?> Verify(HttpResponseMessage response, OpenCall open)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return null;

        var verdict = signatures.VerifyAppAnswer(key, status, new MessageFields(response), request);
        if (verdict.Reason is null)
        {
            var compared = await Compare(response, verdict.ContentDigest!, open);
            record(AnswerProofState.Verified);
            return compared;
        }

        if (verdict.Reason is not (SignatureReasons.Missing or SignatureReasons.TagMissing or SignatureReasons.TagWrong))
            throw Forged(verdict.Reason);

        if (!SignedAnswers.Fields.All(name => response.Headers.Trailer.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            if (response.IsSuccessStatusCode) // refusals of the core are never signed
                record(AnswerProofState.Unsigned);
            return null;
        }

        return new VerifiedBody(response.Content.ReadAsStream(open.Stop), null, signatures.Digest(null), withheld: 0, digest => AtEnd(response, digest));
    }

    /// <summary>The body of an answer whose digest is known.</summary>
    private async ValueTask<Stream> Compare(HttpResponseMessage response, string contentDigest, OpenCall open)
    {
        RefusedException? AtEnd(IBodyDigest whole) => whole.Is(contentDigest) ? null : Forged(SignatureReasons.DigestMismatch);
        var length = response.Content.Headers.ContentLength;
        if (request.Method == "HEAD" || response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent or HttpStatusCode.NotModified)
            length = 0;
        var digest = signatures.Digest(contentDigest);
        if (length == 0)
        {
            using (digest)
                return AtEnd(digest) is { } forged ? throw forged : Stream.Null;
        }

        var body = new VerifiedBody(response.Content.ReadAsStream(open.Stop), length, digest, VerifiedBody.Usual, AtEnd);
        if (length is null or > SignedAnswers.MaxHeld)
            return body;

        await using (body)
        {
            var whole = new byte[length.Value];
            for (int read, at = 0; at < whole.Length; at += read)
            {
                read = await body.ReadAsync(whole.AsMemory(at), open.Stop);
                open.Moved(read);
            }

            return new MemoryStream(whole, writable: false);
        }
    }

    private RefusedException? AtEnd(HttpResponseMessage response, IBodyDigest digest)
    {
        var verdict = signatures.VerifyAppAnswer(key, (int)response.StatusCode, new MessageFields(response.TrailingHeaders.NonValidated), request);
        if (verdict.Reason is { } reason)
            return Forged(reason);
        if (!digest.Is(verdict.ContentDigest!))
            return Forged(SignatureReasons.DigestMismatch);

        record(AnswerProofState.Verified);
        return null;
    }

    private RefusedException Forged(string reason)
    {
        record(AnswerProofState.Forged);
        return new(RefusalKind.Unreachable, "answer_forged", $"The answer is not the one that the peer's core signed ({reason}), so it is withheld.");
    }
}
