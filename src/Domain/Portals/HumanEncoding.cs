using System.Buffers;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// Encodes five bits per character, most significant bit first, and pads the last group with zero bits. The alphabet has no <c>i</c>,
/// <c>m</c>, <c>o</c> and <c>u</c>.
/// </summary>
public static class HumanEncoding
{
    public const string Alphabet = "abcdefghjklnpqrstvwxyz0123456789";

    private static readonly SearchValues<char> Known = SearchValues.Create(Alphabet);

    /// <returns>⌈8n/5⌉ characters for n bytes.</returns>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[((bytes.Length * 8) + 4) / 5];
        for (var i = 0; i < text.Length; i++)
        {
            var bit = i * 5;
            var pair = (bytes[bit / 8] << 8) | (bit / 8 + 1 < bytes.Length ? bytes[(bit / 8) + 1] : 0);
            text[i] = Alphabet[(pair >> (11 - (bit % 8))) & 31];
        }

        return new string(text);
    }

    public static bool IsEncoded(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Known);
}
