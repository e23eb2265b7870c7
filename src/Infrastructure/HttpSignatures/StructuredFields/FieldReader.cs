using System.Buffers;

namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

public enum BareType
{
    Integer,
    Decimal,
    Text,
    Token,
    Bytes,
    Boolean,
    Date,
    DisplayText,
}

/// <summary>A bare item as it stands in the field, checked but not decoded.</summary>
internal readonly ref struct RawBare(BareType type, ReadOnlySpan<char> text, long number = 0)
{
    internal BareType Type { get; } = type;

    /// <summary>What stands between quotes or colons, the token itself, or a number's characters.</summary>
    internal ReadOnlySpan<char> Text { get; } = text;

    /// <summary>An integer, a decimal in thousandths, a date in Unix seconds, 0 or 1.</summary>
    internal long Number { get; } = number;
}

/// <summary>
/// The grammar of RFC 9651 section 4.2, read forward only and without allocating. Every method says false on anything that the
/// RFC's algorithm fails on, and leaves the position undefined then. What looks further ahead than one character never comes back,
/// so that the whole is linear.
/// </summary>
internal ref struct FieldReader(ReadOnlySpan<char> text)
{
    internal static readonly SearchValues<char> KeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    internal static readonly SearchValues<char> TokenChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~:/");

    private readonly ReadOnlySpan<char> all = text;

    internal int Position { get; private set; }

    internal readonly bool AtEnd => Position == all.Length;

    internal readonly ReadOnlySpan<char> Since(int start) => all[start..Position];


    /// <param name="position">Where this reader has been before.</param>
    internal void MoveTo(int position) => Position = position;

    internal readonly bool Sees(char c) => !AtEnd && all[Position] == c;

    internal bool Take(char c)
    {
        if (!Sees(c))
            return false;

        Position++;
        return true;
    }

    internal void SkipSpaces()
    {
        while (Sees(' '))
            Position++;
    }

    internal void SkipWhitespace()
    {
        while (Sees(' ') || Sees('\t'))
            Position++;
    }

    /// <summary>After a member: its comma and the space around it. False: something else stands there, or nothing follows.</summary>
    /// <param name="more">False at the end of the all.</param>
    internal bool NextMember(out bool more)
    {
        SkipWhitespace();
        more = !AtEnd;
        if (!more)
            return true;
        if (!Take(','))
            return false;

        SkipWhitespace();
        return !AtEnd;
    }

    internal bool ReadKey(out ReadOnlySpan<char> key)
    {
        key = default;
        if (AtEnd || !(char.IsAsciiLetterLower(all[Position]) || all[Position] == '*'))
            return false;

        key = TakeWhile(KeyChars);
        return true;
    }

    /// <summary>Before each item of an inner list.</summary>
    /// <param name="ended">True when the closing parenthesis was taken.</param>
    internal bool NextInner(bool first, out bool ended)
    {
        var before = Position;
        SkipSpaces();
        ended = Take(')');
        return ended || (!AtEnd && (first || Position > before));
    }

    /// <summary>One parameter, where a semicolon stands.</summary>
    internal bool ReadParameter(out ReadOnlySpan<char> key, out RawBare value)
    {
        value = new RawBare(BareType.Boolean, "?1", 1);
        Position++;
        SkipSpaces();
        return ReadKey(out key) && (!Take('=') || ReadBare(out value));
    }

    internal bool ReadBare(out RawBare bare)
    {
        bare = default;
        if (AtEnd)
            return false;

        return all[Position] switch
        {
            '"' => ReadText(out bare),
            ':' => ReadBytes(out bare),
            '?' => ReadBoolean(out bare),
            '@' => ReadDate(out bare),
            '%' => ReadDisplayText(out bare),
            '*' => ReadToken(out bare),
            '-' or (>= '0' and <= '9') => ReadNumber(out bare),
            var c when char.IsAsciiLetter(c) => ReadToken(out bare),
            _ => false,
        };
    }

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

    /// <param name="value">Wrong where there are more digits than any number may have.</param>
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

    /// <summary>Missing padding and set padding bits are let pass, as section 4.2.7 asks.</summary>
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

    private ReadOnlySpan<char> TakeWhile(SearchValues<char> allowed)
    {
        var length = all[Position..].IndexOfAnyExcept(allowed);
        var taken = all.Slice(Position, length < 0 ? all.Length - Position : length);
        Position += taken.Length;
        return taken;
    }
}
