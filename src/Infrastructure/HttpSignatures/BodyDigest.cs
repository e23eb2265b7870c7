using System.Security.Cryptography;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>The hashes of a body that passes, for comparing with a <c>Content-Digest</c> (RFC 9530).</summary>
internal sealed class BodyDigest : IBodyDigest
{
    private readonly IncrementalHash? sha256;
    private readonly IncrementalHash? sha512;

    /// <param name="contentDigest">A valid field, or null for sha-256.</param>
    public BodyDigest(string? contentDigest)
    {
        if (contentDigest is null || ContentDigest.Names(contentDigest, "sha-256"))
            sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (contentDigest is not null && ContentDigest.Names(contentDigest, "sha-512"))
            sha512 = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
    }

    public void Append(ReadOnlySpan<byte> piece)
    {
        sha256?.AppendData(piece);
        sha512?.AppendData(piece);
    }

    public bool Is(string contentDigest) => ContentDigest.Check(contentDigest, sha256?.GetHashAndReset(), sha512?.GetHashAndReset()) is null;

    public void Dispose()
    {
        sha256?.Dispose();
        sha512?.Dispose();
    }
}
