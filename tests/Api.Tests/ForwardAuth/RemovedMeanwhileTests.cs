using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Verifying takes its time, above all where the replay guard is shared; the verdict is of the moment after it.</summary>
public sealed class RemovedMeanwhileTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_peer_that_is_removed_while_its_signature_is_verified_is_refused()
    {
        Interrupted? signatures = null;
        await using var zone = await Neighbourhood.Start(postgres);
        await using var ada = await zone.Move("Ada", services => services.AddSingleton<ISignatures>(
            provider => signatures = new Interrupted(ActivatorUtilities.CreateInstance<SignatureService>(provider))));
        await using var bob = await zone.Move("Bob");
        await ada.Add(bob);
        await bob.Add(ada);
        await Eventually.Mutual(ada, bob);
        await ada.Send(new RegisterApp(ada.Id, "notes", """{"v":"1.0","name":"notes","paths":{"":{"access":"peer"}}}"""u8.ToArray()));
        await ada.Send(new SetVisibility(ada.Id, "notes", VisibilityMode.All, []));
        using var inner = new HttpClient { BaseAddress = ada.Internal };
        async Task<HttpStatusCode> Call()
        {
            var host = $"notes.{ada.Domain}";
            var signed = bob.Services.GetRequiredService<ISignatures>().Sign(
                bob.Id, "portal-peer", "GET", host, $"https://{host}/", SHA256.HashData([]), toOriginal: false);
            return (await inner.Get("/internal/auth",
            [
                ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", host), ("X-Forwarded-Uri", "/"),
                .. signed.Select(field => (field.Key, field.Value)),
            ])).Status;
        }

        Assert.Equal(HttpStatusCode.OK, await Call());
        signatures!.Then = () => ada.Remove(bob);
        Assert.Equal(HttpStatusCode.Unauthorized, await Call());
    }

    /// <summary>The real ones, and something that happens once a request was verified.</summary>
    private sealed class Interrupted(ISignatures real) : ISignatures
    {
        public Func<Task>? Then { get; set; }

        public async ValueTask<SignatureVerdict> Verify(
            ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct)
        {
            var verdict = await real.Verify(request, place, find, body, ct);
            if (place == VerificationPlace.App && Then is { } then)
            {
                Assert.NotNull(verdict.Signer);
                await then();
            }

            return verdict;
        }

        public IReadOnlyList<KeyValuePair<string, string>> Sign(
            PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal) =>
            real.Sign(self, tag, method, authority, targetUri, sha256, toOriginal);

        public IReadOnlyList<KeyValuePair<string, string>> SignOnce(
            PortalId self, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, string onceKey) =>
            real.SignOnce(self, method, authority, targetUri, sha256, onceKey);

        public IReadOnlyList<KeyValuePair<string, string>> SignAnswer(
            PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label) =>
            real.SignAnswer(self, status, body, request, label);

        public IReadOnlyList<KeyValuePair<string, string>> SignAppAnswer(
            PortalId self, int status, ReadOnlySpan<byte> sha256, ReceivedRequest request, string label) =>
            real.SignAppAnswer(self, status, sha256, request, label);

        public SignatureVerdict VerifyAppAnswer(PublicKey key, int status, IFields answer, ReceivedRequest request) =>
            real.VerifyAppAnswer(key, status, answer, request);

        public IBodyDigest Digest(string? contentDigest) => real.Digest(contentDigest);

        public string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request) =>
            real.VerifyAnswer(key, status, body, answer, request);
    }
}
