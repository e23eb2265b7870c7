using System.Globalization;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>Makes our own signatures, under the label <c>sig1</c>.</summary>
internal static class SignatureMaker
{
    internal const string Label = "sig1";

    /// <summary>
    /// How many seconds <c>created</c> is dated back in a request to the original core, which accepts a time at most 5 s ahead of its own clock.
    /// </summary>
    private const int OriginalSkew = 5;

    /// <param name="digest">The value of <c>Content-Digest</c>.</param>
    /// <exception cref="RefusedException"><c>path_ambiguous</c>: the original core would verify another target than the signed one.</exception>
    internal static IReadOnlyList<KeyValuePair<string, string>> SignRequest(
        PrivateKey key, string tag, string method, string authority, string targetUri, string digest, long now, bool toOriginal)
    {
        if (toOriginal && !OriginalTarget.IsUnchangedUri(targetUri))
            throw new RefusedException(RefusalKind.Invalid, "path_ambiguous",
                "The peer's core would rewrite this path or query before it verifies the signature, so the signature would be invalid.");

        var request = Request(method, authority, targetUri, new AddedField("content-digest", digest));
        return Sign(key, SignedMessage.Of(request), SignatureProfile.App, tag, digest, toOriginal ? now - OriginalSkew : now);
    }

    /// <param name="digest">The value of <c>Content-Digest</c>.</param>
    /// <param name="onceKey">The value of <c>Idempotency-Key</c>.</param>
    internal static IReadOnlyList<KeyValuePair<string, string>> SignOnce(
        PrivateKey key, string method, string authority, string targetUri, string digest, long now, string onceKey)
    {
        var fields = new AddedField("content-digest", digest, new AddedField(SignatureProfile.KeyComponent, onceKey));
        return Sign(key, SignedMessage.Of(Request(method, authority, targetUri, fields)), SignatureProfile.AppOnce, SignatureProfile.OnceTag, digest, now);
    }

    private static ReceivedRequest Request(string method, string authority, string targetUri, AddedField fields)
    {
        var scheme = targetUri.IndexOf("://", StringComparison.Ordinal);
        var target = scheme + "://".Length + authority.Length;
        if (scheme < 0 || !targetUri.AsSpan(scheme + "://".Length).StartsWith(authority, StringComparison.Ordinal)
            || targetUri.Contains('#', StringComparison.Ordinal))
            throw new ArgumentException("The target URI does not match the authority.", nameof(targetUri));

        return new(method, targetUri[..scheme], authority, targetUri[target..], fields);
    }

    /// <param name="profile">The profile of a response.</param>
    internal static IReadOnlyList<KeyValuePair<string, string>> SignResponse(
        PrivateKey key, SignatureProfile profile, int status, string digest, in ReceivedRequest request, long now) =>
        Sign(key, new SignedMessage(request, status, new AddedField("content-digest", digest)), profile, profile.Tag!, digest, now);

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
                throw new ArgumentException("The message cannot be signed: a part is missing or not ASCII.", nameof(message));

            Span<byte> signature = stackalloc byte[key.SignatureLength];
            key.Sign(to.Written, signature);
            return [new("Content-Digest", digest), new("Signature-Input", input), new("Signature", Base64Text.Member(Label, signature))];
        }
        finally
        {
            to.Return();
        }
    }

    /// <summary>A field that our signatures cover, and perhaps another.</summary>
    private sealed class AddedField(string field, string value, AddedField? other = null) : IFields
    {
        private readonly string[] values = [value];

        public IReadOnlyList<string> Get(string name) => name == field ? values : other?.Get(name) ?? [];
    }
}
