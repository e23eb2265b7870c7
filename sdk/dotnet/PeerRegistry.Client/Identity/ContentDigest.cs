using System.Security.Cryptography;

namespace PeerRegistry.Client.Identity;

/// <summary>The digests of a body in a <c>Content-Digest</c> field (RFC 9530), of which SHA-256 and SHA-512 are compared.</summary>
internal sealed class ContentDigest : IDisposable
{
    private readonly List<(IncrementalHash Hash, byte[] Expected)> digests = [];

    /// <param name="field">If it is empty, nothing was signed, and only a body of no bytes matches.</param>
    public static ContentDigest Parse(string field)
    {
        var parsed = new ContentDigest();
        if (field.Length == 0)
            parsed.digests.Add((IncrementalHash.CreateHash(HashAlgorithmName.SHA256), SHA256.HashData([])));
        foreach (var member in field.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, value) = member.Split('=', 2) is [var first, [':', .. var base64, ':']] ? (first, base64) : ("", "");
            HashAlgorithmName? algorithm = name switch { "sha-256" => HashAlgorithmName.SHA256, "sha-512" => HashAlgorithmName.SHA512, _ => null };
            if (algorithm is { } known)
                parsed.digests.Add((IncrementalHash.CreateHash(known), Bytes(value)));
        }

        return parsed;
    }

    public void Append(ReadOnlySpan<byte> piece)
    {
        foreach (var (hash, _) in digests)
            hash.AppendData(piece);
    }

    /// <returns>Whether there is a digest that is understood, and each of these is that of all pieces. Called once, at the end.</returns>
    public bool Matches() =>
        digests.Count > 0 && digests.TrueForAll(digest => digest.Hash.GetHashAndReset().AsSpan().SequenceEqual(digest.Expected));

    public void Dispose() => digests.ForEach(digest => digest.Hash.Dispose());

    /// <returns>No bytes if the text is malformed, which matches no hash.</returns>
    private static byte[] Bytes(string base64)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) ? bytes[..length] : [];
    }
}
