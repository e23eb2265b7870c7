using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>Collects the bytes of a signature base in a rented array, and notes whether a character is neither printable ASCII nor a tab.</summary>
internal struct AsciiWriter(int capacity)
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create([.. "\t", .. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);
    private int length;

    internal bool HasInvalidCharacter { get; private set; }

    internal readonly ReadOnlySpan<byte> Written => buffer.AsSpan(0, length);

    internal readonly void Return() => ArrayPool<byte>.Shared.Return(buffer);

    internal void Write(ReadOnlySpan<byte> ascii)
    {
        ascii.CopyTo(Reserve(ascii.Length));
        length += ascii.Length;
    }

    internal void Write(ReadOnlySpan<char> text)
    {
        HasInvalidCharacter |= text.ContainsAnyExcept(Allowed);
        length += Encoding.Latin1.GetBytes(text, Reserve(text.Length));
    }

    internal void WriteLower(ReadOnlySpan<char> text)
    {
        var start = length;
        Write(text);
        foreach (ref var b in buffer.AsSpan(start, length - start))
        {
            if (b is >= (byte)'A' and <= (byte)'Z')
                b |= 0x20;
        }
    }

    internal void Write(long number)
    {
        Utf8Formatter.TryFormat(number, Reserve(20), out var written);
        length += written;
    }

    private Span<byte> Reserve(int count)
    {
        if (buffer.Length - length < count)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + count));
            Written.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        return buffer.AsSpan(length);
    }
}
