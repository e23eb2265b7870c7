using System.Globalization;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>What we sign, under the label <c>sig1</c>.</summary>
internal static class SignatureMaker
{
    internal const string Label = "sig1";
    /// <summary>Seconds that a request to an original is dated back, as its clock may be behind and it allows for no more.</summary>
    private const int OriginalSkew = 5;

    /// <param name="digest">The field's value.</param>
    /// <exception cref="RefusedException"><c>path_ambiguous</c>: an original would verify another target than the one signed.</exception>
    internal static IReadOnlyList<KeyValuePair<string, string>> SignRequest(
        PrivateKey key, string tag, string method, string authority, string targetUri, string digest, long now, bool toOriginal)
    {
        if (toOriginal && !OriginalTarget.IsUnchangedUri(targetUri))
            throw new RefusedException(RefusalKind.Invalid, "path_ambiguous", "This path or query would reach the peer's core in another spelling than the one signed.");

        var scheme = targetUri.IndexOf("://", StringComparison.Ordinal);
        var target = scheme + "://".Length + authority.Length;
        if (scheme < 0 || !targetUri.AsSpan(scheme + "://".Length).StartsWith(authority, StringComparison.Ordinal) || targetUri.Contains('#', StringComparison.Ordinal))
            throw new ArgumentException("The target URI does not go with the authority.", nameof(targetUri));

        var request = new ReceivedRequest(method, targetUri[..scheme], authority, targetUri[target..], new Digest(digest));
        return Sign(key, SignedMessage.Of(request), SignatureProfile.App, tag, digest, toOriginal ? now - OriginalSkew : now);
    }

    /// <param name="requestLabel">Of the request's own signature; null: it had none.</param>
    internal static IReadOnlyList<KeyValuePair<string, string>> SignAnswer(
        PrivateKey key, int status, string digest, in ReceivedRequest request, string? requestLabel, long now)
    {
        return Sign(key, new SignedMessage(request, status, new Digest(digest)), SignatureProfile.Answer(requestLabel), SignatureProfile.AnswerTag, digest, now);
    }

    private static KeyValuePair<string, string>[] Sign(
        PrivateKey key, in SignedMessage message, SignatureProfile profile, string tag, string digest, long created)
    {
        Span<char> nonce = stackalloc char[Nonces.TextLength];
        Nonces.Next(nonce);
        var input = string.Create(CultureInfo.InvariantCulture, stackalloc char[512],
            $"{Label}={profile.List};created={created};expires={created + SignatureProfile.Life};nonce=\"{nonce}\";keyid=\"{Verifier.KeyIdOf(key.Public)}\";alg=\"{SignatureKeys.Algorithm(key.Public)}\";tag=\"{tag}\"");
        var to = new AsciiWriter(1024);
        try
        {
            if (SignatureBase.Write(ref to, profile, input.AsSpan(Label.Length + 1), message) is not null)
                throw new ArgumentException("The message cannot be signed: a part is missing or not ASCII.");

            Span<byte> signature = stackalloc byte[key.SignatureLength];
            key.Sign(to.Written, signature);
            return [new("Content-Digest", digest), new("Signature-Input", input), new("Signature", Base64Text.Member(Label, signature))];
        }
        finally
        {
            to.Return();
        }
    }

    /// <summary>The one field that we cover of what we send.</summary>
    private sealed class Digest(string value) : IFields
    {
        private readonly string[] values = [value];

        public IReadOnlyList<string> Get(string name) => name == "content-digest" ? values : [];
    }
}
