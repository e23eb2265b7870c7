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
