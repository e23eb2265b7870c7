using System.Buffers.Text;
using System.Security.Cryptography;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// Makes nonces of 128 random bits. The bits are taken from a block of random bytes, because a call to the system for each nonce would take a
/// tenth of the time of a signature.
/// </summary>
internal static class Nonces
{
    internal const int TextLength = 22;
    private const int Length = 16;

    [ThreadStatic]
    private static byte[]? block;

    [ThreadStatic]
    private static int left;

    /// <param name="text">Receives <see cref="TextLength"/> characters of Base64url.</param>
    internal static void Next(Span<char> text)
    {
        block ??= new byte[64 * Length];
        if (left == 0)
        {
            RandomNumberGenerator.Fill(block);
            left = block.Length;
        }

        left -= Length;
        Base64Url.EncodeToChars(block.AsSpan(left, Length), text);
    }
}
