using System.Security.Cryptography;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>The field <c>Content-Digest</c> (RFC 9530) with sha-256 and sha-512. Other algorithms are ignored, but one of these two is required.</summary>
internal static class ContentDigest
{
    /// <param name="sha256">32 bytes.</param>
    internal static string FieldOf(ReadOnlySpan<byte> sha256) => Base64Text.Member("sha-256", sha256);

    internal static string Field(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return FieldOf(hash);
    }

    /// <summary>Whether a valid field has a digest by this algorithm.</summary>
    internal static bool Names(ReadOnlySpan<char> field, string algorithm)
    {
        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes], sha512 = stackalloc byte[SHA512.HashSizeInBytes];
        _ = Read(field, sha256, sha512, out var known);
        return (known & LengthOf(algorithm)) != 0;
    }

    /// <param name="isSeen">Whether the body is available. If not, only the syntax of the field is checked.</param>
    /// <returns>Null if every known digest is that of the body, otherwise the reason.</returns>
    internal static string? Check(ReadOnlySpan<char> field, ReadOnlySpan<byte> body, bool isSeen)
    {
        Span<byte> sha256 = stackalloc byte[SHA256.HashSizeInBytes], sha512 = stackalloc byte[SHA512.HashSizeInBytes];
        if (Read(field, sha256, sha512, out var known) is { } malformed)
            return malformed;
        if (!isSeen)
            return null;

        Span<byte> actual = stackalloc byte[SHA512.HashSizeInBytes];
        var matches = (known & SHA256.HashSizeInBytes) == 0 || (SHA256.HashData(body, actual) > 0 && sha256.SequenceEqual(actual[..sha256.Length]));
        matches &= (known & SHA512.HashSizeInBytes) == 0 || (SHA512.HashData(body, actual) > 0 && sha512.SequenceEqual(actual));
        return matches ? null : SignatureReasons.DigestMismatch;
    }

    /// <param name="sha256">The SHA-256 of the body, or empty if it was not computed. Then the field may have no digest by it.</param>
    /// <param name="sha512">The same for SHA-512.</param>
    /// <returns>Null if every known digest is that of the body, otherwise the reason.</returns>
    internal static string? Check(ReadOnlySpan<char> field, ReadOnlySpan<byte> sha256, ReadOnlySpan<byte> sha512)
    {
        Span<byte> claimed256 = stackalloc byte[SHA256.HashSizeInBytes], claimed512 = stackalloc byte[SHA512.HashSizeInBytes];
        if (Read(field, claimed256, claimed512, out var known) is { } malformed)
            return malformed;

        return ((known & SHA256.HashSizeInBytes) == 0 || claimed256.SequenceEqual(sha256))
            && ((known & SHA512.HashSizeInBytes) == 0 || claimed512.SequenceEqual(sha512))
                ? null
                : SignatureReasons.DigestMismatch;
    }

    /// <param name="known">The lengths of the digests in the field, added up.</param>
    private static string? Read(ReadOnlySpan<char> field, Span<byte> sha256, Span<byte> sha512, out int known)
    {
        known = 0;
        var reader = new FieldReader(field);
        reader.SkipSpaces();
        for (var more = !reader.AtEnd; more;)
        {
            if (!reader.ReadKey(out var algorithm) || !reader.Take('=') || !reader.ReadBare(out var digest) || digest.Type != BareType.Bytes)
                return SignatureReasons.DigestMalformed;

            var length = LengthOf(algorithm);
            if (length > 0)
            {
                if ((known & length) != 0 || Base64Text.LengthOf(digest.Text) != length)
                    return SignatureReasons.DigestMalformed;

                known |= length;
                Base64Text.Decode(digest.Text, length == SHA256.HashSizeInBytes ? sha256 : sha512);
            }

            if (!reader.NextMember(out more))
                return SignatureReasons.DigestMalformed;
        }

        return known == 0 ? SignatureReasons.DigestMalformed : null;
    }

    private static int LengthOf(ReadOnlySpan<char> algorithm) =>
        algorithm switch { "sha-256" => SHA256.HashSizeInBytes, "sha-512" => SHA512.HashSizeInBytes, _ => 0 };
}
