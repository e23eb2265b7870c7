using System.Text;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Preserves the complete <c>Connection</c> field. If Kestrel recognizes only <c>close</c>, only <c>keep-alive</c> or only <c>Upgrade</c> in the
/// value, it replaces the value by that word and loses the other field names in it (RFC 9110 section 7.6.1). It does not change a value that
/// has both <c>close</c> and <c>keep-alive</c>. So if a value names a field, both are appended when it is decoded, which also closes the
/// connection after the response.
/// </summary>
internal sealed class ConnectionField : Encoding
{
    private const string Both = ", close, keep-alive";

    public static readonly ConnectionField Instance = new();

    public override int GetCharCount(byte[] bytes, int index, int count) => count + (NamesAField(bytes.AsSpan(index, count)) ? Both.Length : 0);

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        var value = bytes.AsSpan(byteIndex, byteCount);
        var written = Latin1.GetChars(value, chars.AsSpan(charIndex));
        if (!NamesAField(value))
            return written;

        Both.CopyTo(chars.AsSpan(charIndex + written));
        return written + Both.Length;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount + Both.Length;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);

    private static bool NamesAField(ReadOnlySpan<byte> value)
    {
        foreach (var range in value.Split((byte)','))
        {
            var word = value[range].Trim(" \t"u8);
            if (!word.IsEmpty && !Ascii.EqualsIgnoreCase(word, "close"u8) && !Ascii.EqualsIgnoreCase(word, "keep-alive"u8)
                && !Ascii.EqualsIgnoreCase(word, "upgrade"u8))
                return true;
        }

        return false;
    }
}
