using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>What the replay guard remembers of a valid signature.</summary>
/// <param name="Key">A hash of the signer, the tag and the nonce (or the signature, if there is no nonce).</param>
/// <param name="Signer">The signer, whose share of the guard it counts toward.</param>
/// <param name="Created">In Unix seconds.</param>
/// <param name="Until">The last Unix second in which this signature would be accepted.</param>
internal readonly record struct ReplayKey(UInt128 Key, PortalId Signer, long Created, long Until);

/// <summary>Verifies one signature, except that it was not seen before.</summary>
internal static class Verifier
{
    private const int MaxSignatureLength = 1024;

    /// <param name="find">Finds the signer by the claimed <c>keyid</c>, or returns null.</param>
    /// <param name="isSeen">Whether the body is available. If not, its digest is not compared.</param>
    /// <param name="replayKey">What the replay guard must remember; set only if the signature is valid.</param>
    [SkipLocalsInit]
    internal static SignatureVerdict Verify(
        in SignedMessage message, SignatureProfile profile, Func<string, Signer?> find, ReadOnlySpan<byte> body, bool isSeen, long now, out ReplayKey replayKey)
    {
        replayKey = default;
        var inputField = Line(message.Fields, "Signature-Input");
        var signatureField = Line(message.Fields, "Signature");
        var to = new AsciiWriter(1024);
        Signer? signer = null;
        string? label = null, keyId = null;
        SignatureVerdict Refuse(string reason, ReadOnlySpan<byte> expected = default) =>
            new(null, reason, null, label, keyId, expected.IsEmpty ? null : Encoding.ASCII.GetString(expected));

        try
        {
            // 1. There is one signature for us, and it is well-formed.
            var input = new SignatureInput(stackalloc Component[SignatureInput.MaxComponents]);
            if (Candidate.FindInput(inputField, ref input, out var labelText) is { } unread)
                return Refuse(unread);

            label = labelText is "sig1" ? "sig1" : labelText.ToString();
            if (Candidate.FindSignature(signatureField, labelText, out var base64) is { } unsigned)
                return Refuse(unsigned);
            if (input.KeyId.IsPresent)
                keyId = FieldParser.Unescape(input.KeyId.Text);

            Span<byte> signature = stackalloc byte[MaxSignatureLength];
            if (Base64Text.LengthOf(base64) is var length && length > MaxSignatureLength)
                return Refuse(SignatureReasons.Malformed);

            Base64Text.Decode(base64, signature);
            signature = signature[..length];

            // 2. It has a tag of this place. It may have none only where the original core may call.
            if (profile == SignatureProfile.App && input.Tag.IsPresent && input.Tag.Text is SignatureProfile.OnceTag)
                profile = SignatureProfile.AppOnce;
            if (input.Tag.IsPresent && !input.Tag.Text.SequenceEqual(profile.Tag))
                return Refuse(SignatureReasons.TagWrong);

            signer = keyId is null ? null : find(keyId);
            if (!input.Tag.IsPresent)
            {
                if (profile != SignatureProfile.App || signer is { IsOriginal: false })
                    return Refuse(SignatureReasons.TagMissing);

                profile = SignatureProfile.Original;
            }

            // 3. It covers exactly the required components, and all of its parameters are known.
            if (profile.Cover(input) is { } uncovered)
                return Refuse(uncovered);
            if (input.HasUnknown)
                return Refuse(SignatureReasons.ParameterUnknown);
            if (input.Created is not { } created || keyId is null || (profile.Tag is not null && !HasAll(input)))
                return Refuse(SignatureReasons.ParameterMissing);
            if (SignatureBase.Write(ref to, input, message) is { } baseless)
                return Refuse(baseless);

            // 4. The signer is known, and the keyid and the algorithm are those of the signer's key.
            if (signer is null)
                return Refuse(SignatureReasons.SignerUnknown, to.Written);
            if (signer.Key.Id != signer.Id || keyId != KeyIdOf(signer.Key))
                return Refuse(SignatureReasons.KeyIdMismatch, to.Written);
            if (input.Algorithm.IsPresent && !input.Algorithm.Text.SequenceEqual(SignatureKeys.Algorithm(signer.Key)))
                return Refuse(SignatureReasons.AlgorithmMismatch, to.Written);

            // 5. It was created recently and has not expired.
            if (created < now - profile.MaxAge)
                return Refuse(SignatureReasons.CreatedTooOld, to.Written);
            if (created > now + SignatureProfile.MaxAhead)
                return Refuse(SignatureReasons.CreatedInFuture, to.Written);
            if (input.Expires < now)
                return Refuse(SignatureReasons.Expired, to.Written);

            // 6. The signature verifies with the signer's key.
            if (!SignatureKeys.Verify(signer.Key, to.Written, signature))
                return Refuse(SignatureReasons.Invalid, to.Written);

            // 7. If the body is available, it is the one whose digest was signed.
            var digest = IsCovered(input, "content-digest") ? Line(message.Fields, "Content-Digest") : null;
            if (digest is null && isSeen && body.Length > 0)
                return Refuse(SignatureReasons.DigestMissing, to.Written);
            if (digest is not null && ContentDigest.Check(digest, body, isSeen) is { } unlike)
                return Refuse(unlike, to.Written);

            // 8. The key of a call that is to be delivered once is one.
            var onceKey = profile == SignatureProfile.AppOnce ? Line(message.Fields, IdempotencyKey.Header) : null;
            if (onceKey is not null && !IdempotencyKey.IsValid(onceKey))
                return Refuse(SignatureReasons.ComponentMalformed, to.Written);

            var until = Math.Min(created + profile.MaxAge, input.Expires ?? long.MaxValue);
            replayKey = new ReplayKey(ReplayKeyOf(signer.Id, profile.Tag, input.Nonce, signature), signer.Id, created, until);
            return new SignatureVerdict(signer, null, digest, label, keyId) { Tagged = input.Tag.IsPresent, OnceKey = onceKey };
        }
        finally
        {
            to.Return();
        }
    }

    /// <summary>The full ID for an Ed25519 key, the short ID for an RSA key, because the original core looks keys up by the short ID.</summary>
    internal static string KeyIdOf(PublicKey key) => key.Kind == KeyKind.Ed25519 ? key.Id.Value : key.Id.Short.Value;

    private static bool HasAll(in SignatureInput input) =>
        input.Expires is not null && input.Nonce.IsPresent && input.Algorithm.IsPresent;

    private static bool IsCovered(in SignatureInput input, string name)
    {
        foreach (var component in input.Components)
        {
            if (component.Flags == ComponentFlags.None && input.Of(component.Name).SequenceEqual(name))
                return true;
        }

        return false;
    }

    private static string Line(IFields fields, string name) => fields.Get(name) switch
    {
        { Count: 0 } => "",
        { Count: 1 } one => one[0],
        var several => string.Join(", ", several),
    };

    /// <summary>128 bits of SHA-256 over signer, tag and nonce (or signature). A signer can produce collisions only among its own keys.</summary>
    private static UInt128 ReplayKeyOf(PortalId signer, string? tag, in SignatureInput.Optional nonce, ReadOnlySpan<byte> signature)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(nonce.IsPresent ? MemoryMarshal.AsBytes(nonce.Text) : signature, hash);

        Span<char> text = stackalloc char[PortalId.Length + 32];
        signer.Value.CopyTo(text);
        tag?.CopyTo(text[PortalId.Length..]);
        Span<byte> all = stackalloc byte[(2 * text.Length) + hash.Length + 1];
        MemoryMarshal.AsBytes(text).CopyTo(all);
        hash.CopyTo(all[^hash.Length..]);
        all[2 * text.Length] = (byte)(nonce.IsPresent ? 1 : 0);
        SHA256.HashData(all, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
