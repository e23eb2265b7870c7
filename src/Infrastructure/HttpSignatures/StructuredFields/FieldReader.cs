using System.Buffers;

namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>
/// Reads the grammar of RFC 9651 section 4.2 forward only and without allocations. Every method returns false where the RFC's algorithm
/// fails, and then leaves the position undefined. No method goes back after it has looked ahead by more than one character, so reading
/// takes linear time.
/// </summary>
internal ref partial struct FieldReader(ReadOnlySpan<char> text)
{
    internal static readonly SearchValues<char> KeyChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    internal static readonly SearchValues<char> TokenChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~:/");

    private readonly ReadOnlySpan<char> all = text;

    internal int Position { get; private set; }

    internal readonly bool AtEnd => Position == all.Length;

    internal readonly ReadOnlySpan<char> Since(int start) => all[start..Position];


    /// <param name="position">A position that the reader has had before.</param>
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

    /// <summary>Reads the comma after a member and the space around it. Fails if there is something else, or if nothing follows the comma.</summary>
    /// <param name="more">False at the end of the field.</param>
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

    /// <summary>Reads what precedes each item of an inner list.</summary>
    /// <param name="ended">Whether the closing parenthesis was read.</param>
    internal bool NextInner(bool first, out bool ended)
    {
        var before = Position;
        SkipSpaces();
        ended = Take(')');
        return ended || (!AtEnd && (first || Position > before));
    }

    /// <summary>Reads one parameter, which begins with a semicolon.</summary>
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

    private ReadOnlySpan<char> TakeWhile(SearchValues<char> allowed)
    {
        var length = all[Position..].IndexOfAnyExcept(allowed);
        var taken = all.Slice(Position, length < 0 ? all.Length - Position : length);
        Position += taken.Length;
        return taken;
    }
}
