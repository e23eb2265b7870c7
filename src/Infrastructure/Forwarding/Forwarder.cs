using System.Net;
using System.Security.Cryptography;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Signs an app's request, sends it to the same app on the peer's Portal and streams the response back.</summary>
internal sealed class Forwarder(
    PeerConnections connections, OpenCalls calls, Circuits circuits, ISignatures signatures, IPeerContacts contacts, IPeerAnswers answers, Spool spool,
    RegistryOptions options, TimeProvider clock)
    : IPeerCalls
{
    private static readonly byte[] NoBody = SHA256.HashData([]);

    public async Task<PeerCallAnswer> Send(CallPeer call, Peer peer, CancellationToken ct)
    {
        var (self, host) = (call.Portal.Portal.Id, CallPolicy.Host(call.App, peer));
        circuits.Enter(self, host);
        var open = calls.Enter(call.Portal, call.App, peer, ct);
        var uri = $"https://{host}{call.Target}";
        var request = call.Message;
        HttpResponseMessage? response = null;
        var sending = false;
        try
        {
            PeerConnections.Address(request, uri);
            var digest = request.Content is StreamContent body ? await Spool(body, request, open) : NoBody;
            if (request.Content?.Headers.ContentLength > options.Calls.ExpectContinueAbove)
                request.Headers.ExpectContinue = true; // so that a peer can refuse before the body is sent
            var signed = call.OnceKey is { } key && !peer.Original
                ? signatures.SignOnce(self, request.Method.Method, host, uri, digest, key)
                : signatures.Sign(self, "portal-peer", request.Method.Method, host, uri, digest, peer.Original);
            for (var i = 0; i < signed.Count; i++)
                request.Headers.TryAddWithoutValidation(signed[i].Key, signed[i].Value);
            if (!call.Upgrade)
                request.Headers.TE.Add(new("trailers")); // a long answer is signed behind its body

            await calls.Confirm(open); // reading the body may have taken long
            sending = true;
            var sentAt = clock.GetUtcNow();
            response = await connections.Send(request, open.Stop);
            sending = false;
            circuits.Succeeded(self, host);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                contacts.CallFailed(self, peer.Short, refused: true);
                RequireAcceptableTime(PeerMessages.Offset(response.Headers.Date, sentAt, clock.GetUtcNow()));
            }

            if (peer.Original)
                answers.Record(self, peer.Short, response.StatusCode == HttpStatusCode.Unauthorized ? AnswerProofState.Refused : AnswerProofState.Unsigned);
            open.AwaitsHead = false;
            open.Expect(response.Content.Headers.ContentLength);
            await calls.Confirm(open);
            if (AnswerRules.Fault(response, call.Upgrade) is { } fault)
                throw PeerFailure.AnswerInvalid(fault);
            var sent = new ReceivedRequest(request.Method.Method, Uri.UriSchemeHttps, host, call.Target, new AddedFields(signed));
            var proof = peer is { Original: false, Key: { } pinned } ? await Verify(call, pinned, response, sent, open) : ProvenAnswer.None;
            return new ForwardedAnswer(calls, open, request, response, proof);
        }
        catch (Exception e)
        {
            var why = sending && PeerFailure.IsOne(e) && !ct.IsCancellationRequested ? Failed(open, host, e) : open.Refusal;
            response?.Dispose();
            request.Dispose();
            calls.Leave(open);
            if (why is not null && e is not RefusedException)
                throw why;
            throw;
        }
    }

    /// <summary>Verifies what the peer's core says in the place of its app or, if it says nothing, what it has signed of the app's answer.</summary>
    /// <exception cref="RefusedException"><c>app_not_installed</c>; <c>idempotency_key_reused</c>; <c>answer_forged</c></exception>
    private async ValueTask<ProvenAnswer> Verify(CallPeer call, PublicKey key, HttpResponseMessage response, ReceivedRequest sent, OpenCall open)
    {
        if (await CoreAnswer.Read(signatures, key, response, sent, isOnce: call.OnceKey is not null, open.Stop) is { } earlier)
            return new(response.Content.ReadAsStream(open.Stop), sent) { Earlier = earlier };

        var peer = open.Peer.Short;
        var body = await new AnswerProof(signatures, key, sent, state => answers.Record(open.Portal, peer, state)).Verify(response, open);
        return new(body, sent);
    }

    /// <summary>
    /// A 401 of a peer whose clock is more than 5 s behind or 60 s ahead is because of the clocks, since such a peer accepts no signature of ours.
    /// </summary>
    /// <param name="offset">By how much the peer's clock is at least ahead of ours.</param>
    /// <exception cref="RefusedException"><c>peer_unreachable</c> with the reason <c>clock_skew</c></exception>
    private static void RequireAcceptableTime(TimeSpan offset)
    {
        if ((offset < TimeSpan.Zero || offset.TotalSeconds > SignatureProfile.Life) && PeerFault.Skew(offset) is { } skew)
            throw PeerFailure.ForApps(skew);
    }

    /// <returns>Why the call ends.</returns>
    private RefusedException Failed(OpenCall open, string host, Exception e)
    {
        var why = open.Refusal ?? PeerFailure.ForApps(PeerFailure.Of(e));
        if (why.Kind == RefusalKind.TimedOut || why.Code == PeerFailure.Unreached)
        {
            circuits.Failed(open.Portal, host, why.Reason ?? why.Code);
            contacts.CallFailed(open.Portal, open.Peer.Short, refused: false);
        }

        return why;
    }

    /// <returns>SHA-256.</returns>
    private async ValueTask<byte[]> Spool(StreamContent received, HttpRequestMessage request, OpenCall open)
    {
        var body = new SpooledBody(open, spool);
        request.Content = body; // which disposes of it
        open.AwaitsHead = false;
        var length = received.Headers.ContentLength;
        open.Expect(length);
        await body.Fill(received.ReadAsStream(), length, options.Calls.MaxBodyBytes);
        foreach (var (name, values) in received.Headers.NonValidated)
        {
            if (!name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                body.Headers.TryAddWithoutValidation(name, values);
        }

        open.AwaitsHead = true;
        open.Expect(body.Length);
        return body.Sha256;
    }
}
