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

    /// <param name="isSeen">Whether the body is available. If not, only the syntax of the field is checked.</param>
    /// <returns>Null if every known digest is that of the body, otherwise the reason.</returns>
    internal static string? Check(ReadOnlySpan<char> field, ReadOnlySpan<byte> body, bool isSeen)
    {
        var reader = new FieldReader(field);
        reader.SkipSpaces();
        var (known, matches) = (0, true);
        for (var more = !reader.AtEnd; more;)
        {
            if (!reader.ReadKey(out var algorithm) || !reader.Take('=') || !reader.ReadBare(out var digest) || digest.Type != BareType.Bytes)
                return SignatureReasons.DigestMalformed;

            var length = algorithm switch { "sha-256" => SHA256.HashSizeInBytes, "sha-512" => SHA512.HashSizeInBytes, _ => 0 };
            if (length > 0)
            {
                if ((known & length) != 0 || Base64Text.LengthOf(digest.Text) != length)
                    return SignatureReasons.DigestMalformed;

                known |= length;
                matches &= !isSeen || IsOf(body, digest.Text, length);
            }

            if (!reader.NextMember(out more))
                return SignatureReasons.DigestMalformed;
        }

        return known == 0 ? SignatureReasons.DigestMalformed : matches ? null : SignatureReasons.DigestMismatch;
    }

    private static bool IsOf(ReadOnlySpan<byte> body, ReadOnlySpan<char> digest, int length)
    {
        Span<byte> claimed = stackalloc byte[length];
        Span<byte> actual = stackalloc byte[length];
        Base64Text.Decode(digest, claimed);
        if (length == SHA256.HashSizeInBytes)
            SHA256.HashData(body, actual);
        else
            SHA512.HashData(body, actual);

        return claimed.SequenceEqual(actual);
    }
}
