using System.Buffers.Text;
using System.Security.Cryptography;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>128 random bits each, from a block at a time: to ask the system for every one costs a signature a tenth of its time.</summary>
internal static class Nonces
{
    internal const int TextLength = 22;
    private const int Length = 16;

    [ThreadStatic]
    private static byte[]? block;

    [ThreadStatic]
    private static int left;

    /// <param name="text"><see cref="TextLength"/> characters of Base64url, written.</param>
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
