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

/// <summary>A bare item as it is written in the field: valid, but not decoded.</summary>
internal readonly ref struct RawBare(BareType type, ReadOnlySpan<char> text, long number = 0)
{
    internal BareType Type { get; } = type;

    /// <summary>The text between the quotes or colons, the token itself, or the characters of a number.</summary>
    internal ReadOnlySpan<char> Text { get; } = text;

    /// <summary>The value of an integer, a decimal in thousandths, a date in Unix seconds, or a boolean (0 or 1).</summary>
    internal long Number { get; } = number;
}
