namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Bare items, RFC 9651 sections 4.2.4 to 4.2.10.</summary>
internal ref partial struct FieldReader
{
    private bool ReadNumber(out RawBare bare)
    {
        bare = default;
        var start = Position;
        var negative = Take('-');
        if (!ReadDigits(out var number, out var whole))
            return false;

        var type = BareType.Integer;
        if (whole <= 12 && Take('.'))
        {
            type = BareType.Decimal;
            if (!ReadDigits(out var thousandths, out var places) || places > 3)
                return false;

            for (var i = places; i < 3; i++)
                thousandths *= 10;

            number = (number * 1000) + thousandths;
        }

        if (whole > 15)
            return false;

        bare = new RawBare(type, Since(start), negative ? -number : number);
        return true;
    }

    /// <param name="value">The value; it is wrong if there are more digits than a number may have.</param>
    private bool ReadDigits(out long value, out int count)
    {
        value = 0;
        var start = Position;
        while (!AtEnd && char.IsAsciiDigit(all[Position]))
            value = unchecked((value * 10) + (all[Position++] - '0'));

        count = Position - start;
        return count > 0;
    }

    private bool ReadText(out RawBare bare)
    {
        bare = default;
        var start = ++Position;
        while (!AtEnd)
        {
            switch (all[Position++])
            {
                case '"':
                    bare = new RawBare(BareType.Text, all[start..(Position - 1)]);
                    return true;
                case '\\' when !(Take('"') || Take('\\')):
                case < ' ' or > '~':
                    return false;
            }
        }

        return false;
    }

    private bool ReadToken(out RawBare bare)
    {
        bare = new RawBare(BareType.Token, TakeWhile(TokenChars));
        return true;
    }

    /// <summary>Reads a byte sequence. Missing padding and set pad bits are accepted, as section 4.2.7 requires.</summary>
    private bool ReadBytes(out RawBare bare)
    {
        bare = default;
        Position++;
        var length = all[Position..].IndexOf(':');
        if (length < 0)
            return false;

        var text = all.Slice(Position, length);
        Position += length + 1;
        bare = new RawBare(BareType.Bytes, text);
        return Base64Text.IsOne(text);
    }

    private bool ReadBoolean(out RawBare bare)
    {
        Position++;
        bare = new RawBare(BareType.Boolean, "?1", Sees('1') ? 1 : 0);
        return Take('1') || Take('0');
    }

    private bool ReadDate(out RawBare bare)
    {
        bare = default;
        Position++;
        if (AtEnd || !(Sees('-') || char.IsAsciiDigit(all[Position])) || !ReadNumber(out var number) || number.Type != BareType.Integer)
            return false;

        bare = new RawBare(BareType.Date, number.Text, number.Number);
        return true;
    }

    private bool ReadDisplayText(out RawBare bare)
    {
        bare = default;
        Position++;
        if (!Take('"'))
            return false;

        var length = all[Position..].IndexOf('"');
        if (length < 0)
            return false;

        var text = all.Slice(Position, length);
        Position += length + 1;
        bare = new RawBare(BareType.DisplayText, text);
        return DisplayText.TryDecode(text, out _);
    }
}
