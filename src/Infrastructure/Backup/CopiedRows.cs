using System.Buffers.Binary;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>Counts the rows of a table in PostgreSQL's binary copy format, which arrives in pieces.</summary>
internal sealed class CopiedRows
{
    private const int HeadLength = 11 + 4 + 4; // the signature, flags, and the length of an extension that follows

    private static readonly byte[] Signature = [.. "PGCOPY\n"u8, 0xff, .. "\r\n\0"u8];

    private readonly byte[] number = new byte[HeadLength];
    private int needed = HeadLength;
    private int held;
    private long skip;
    private int fields;
    private Step step = Step.Head;

    private enum Step
    {
        Head,
        Fields,
        Length,
        End,
    }

    public long Rows { get; private set; }

    /// <summary>Whether the end of the table has been read.</summary>
    public bool IsComplete => step == Step.End;

    /// <returns>False if this cannot be a table in this format.</returns>
    public bool Read(ReadOnlySpan<byte> piece)
    {
        while (piece.Length > 0)
        {
            if (IsComplete)
                return false;

            var skipped = (int)Math.Min(skip, piece.Length);
            skip -= skipped;
            piece = piece[skipped..];
            var taken = Math.Min(needed - held, piece.Length);
            piece[..taken].CopyTo(number.AsSpan(held));
            held += taken;
            piece = piece[taken..];
            if (held == needed && !Advance())
                return false;
        }

        return true;
    }

    private bool Advance()
    {
        held = 0;
        switch (step)
        {
            case Step.Head:
                skip = BinaryPrimitives.ReadInt32BigEndian(number.AsSpan(HeadLength - 4));
                Expect(Step.Fields);
                return skip >= 0 && number.AsSpan(0, Signature.Length).SequenceEqual(Signature);
            case Step.Fields:
                fields = BinaryPrimitives.ReadInt16BigEndian(number);
                if (fields >= 0)
                    Rows++;
                Expect(fields switch { < 0 => Step.End, 0 => Step.Fields, _ => Step.Length });
                return fields >= -1;
            default:
                var length = BinaryPrimitives.ReadInt32BigEndian(number);
                skip = Math.Max(0, length);
                Expect(--fields == 0 ? Step.Fields : Step.Length);
                return length >= -1;
        }
    }

    private void Expect(Step next) => (step, needed) = (next, next == Step.Fields ? 2 : 4);
}
