using System.Net;
using System.Security.Cryptography;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Signs an app's request, sends it to the same app on the peer's Portal and hands the answer back as it comes.</summary>
internal sealed class Forwarder(
    PeerConnections connections, OpenCalls calls, Circuits circuits, ISignatures signatures, IPeerContacts contacts, RegistryOptions options)
    : IPeerCalls
{
    private static readonly byte[] NoBody = SHA256.HashData([]);

    private readonly Lazy<string> spool = new(() =>
        Directory.CreateDirectory(Path.Combine(options.Data.Directory, "calls"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName);

    public async Task<PeerCallAnswer> Send(PeerCall call, CancellationToken ct)
    {
        var peer = CallPeer.Judge(call.Portal, call.App, call.Peer, out var refusal) ?? throw refusal!;
        var (self, host) = (call.Portal.Portal.Id, CallPeer.Host(call.App, peer));
        circuits.Enter(self, host);
        var open = calls.Enter(call.Portal, call.App, call.Peer, peer, ct);
        SpooledBody? body = null;
        HttpRequestMessage? request = null;
        try
        {
            if (call.Body is not null)
            {
                open.AwaitsHead = false;
                open.Expect(call.BodyLength);
                body = await SpooledBody.Read(call.Body, call.BodyLength, options.Calls.MaxBodyBytes, spool, open.Moved, open.Stop);
                open.AwaitsHead = true;
                open.Expect(body.Length);
            }

            request = Request(call, host, body, open);
            var signed = signatures.Sign(
                self, "portal-peer", call.Method, host, $"https://{host}{call.Target}", body?.Sha256 ?? NoBody, peer.Original);
            foreach (var (name, value) in signed)
                request.Headers.TryAddWithoutValidation(name, value);

            calls.Confirm(open); // reading the body may have taken long
            var response = await Exchange(request, open, host, peer.Short);
            try
            {
                calls.Confirm(open);
                return new ForwardedAnswer(calls, open, request, response, await response.Content.ReadAsStreamAsync(open.Stop), body);
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
        catch (Exception e)
        {
            var why = open.Refusal;
            request?.Dispose();
            if (body is not null)
                await body.DisposeAsync();
            calls.Leave(open);
            if (why is not null && e is not RefusedException)
                throw why;
            throw;
        }
    }

    private async Task<HttpResponseMessage> Exchange(HttpRequestMessage request, OpenCall open, string host, ShortId peer)
    {
        var self = open.Portal;
        try
        {
            var response = await connections.Send(request, open.Stop);
            circuits.Succeeded(self, host);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
                contacts.CallFailed(self, peer, refused: true);
            open.AwaitsHead = false;
            open.Expect(response.Content.Headers.ContentLength);
            return response;
        }
        catch (Exception e) when (PeerFailure.IsOne(e) && !open.Caller.IsCancellationRequested)
        {
            if (open.Refusal is null or { Kind: RefusalKind.TimedOut })
            {
                circuits.Failed(self, host);
                contacts.CallFailed(self, peer, refused: false);
            }

            throw open.Refusal ?? PeerFailure.Of(e);
        }
    }

    private static HttpRequestMessage Request(PeerCall call, string host, SpooledBody? body, OpenCall open)
    {
        var request = PeerConnections.Request(HttpMethod.Parse(call.Method), host, call.Target);
        request.Content = body?.ToContent(open.Moved);
        foreach (var (name, value) in call.Fields)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || request.Headers.TryAddWithoutValidation(name, value))
                continue;
            request.Content ??= new ByteArrayContent([]); // Content-Type and its kin live there, body or not
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        if (call.Upgrade)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        }

        return request;
    }
}
