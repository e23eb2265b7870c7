namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Thrown for a text that is not a structured field, and for a value that cannot be written as one.</summary>
public sealed class StructuredFieldException(string message) : Exception(message);

/// <summary>The type of a field, which the parser must be told (RFC 9651 section 1.1).</summary>
public enum FieldType
{
    Item,
    List,
    Dictionary,
}

/// <summary>A bare item.</summary>
/// <param name="Number">The value of an integer, a decimal (at most three places), a date (in Unix seconds) or a boolean (0 or 1).</param>
/// <param name="Text">The decoded value of a string, a token or a display string; otherwise null.</param>
public readonly record struct Bare(BareType Type, decimal Number, string? Text, ReadOnlyMemory<byte> Bytes)
{
    public static Bare True { get; } = new(BareType.Boolean, 1, null, default);
}

/// <summary>Parameters in order. Setting an existing name keeps its position.</summary>
public sealed class Parameters : OrderedDictionary<string, Bare>;

/// <summary>A member of a list or dictionary, or the one item of a field.</summary>
/// <param name="Items">The items of an inner list, or null for an item.</param>
public sealed record Member(Bare Value, IReadOnlyList<Member>? Items, Parameters Parameters);

/// <summary>A parsed field. A list or dictionary without members is valid and is not sent at all.</summary>
/// <param name="Names">The names of a dictionary's members in order, or null for other types.</param>
public sealed record Field(FieldType Type, IReadOnlyList<Member> Members, IReadOnlyList<string>? Names)
{
    public Member? Find(string name)
    {
        for (var i = 0; i < Members.Count; i++)
        {
            if (Names?[i] == name)
                return Members[i];
        }

        return null;
    }
}
