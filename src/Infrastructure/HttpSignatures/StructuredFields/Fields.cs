namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Text that is no structured field, or a value that cannot be one.</summary>
public sealed class StructuredFieldException(string message) : Exception(message);

/// <summary>What a field is known to hold; a parser has to be told (RFC 9651 section 1.1).</summary>
public enum FieldType
{
    Item,
    List,
    Dictionary,
}

/// <param name="Number">Of integers, decimals (at most three places), dates (Unix seconds), booleans (0 or 1).</param>
/// <param name="Text">Of strings, tokens and display strings, decoded.</param>
public readonly record struct Bare(BareType Type, decimal Number, string? Text, ReadOnlyMemory<byte> Bytes)
{
    public static Bare True { get; } = new(BareType.Boolean, 1, null, default);
}

/// <summary>In order; setting a name that is there keeps its place.</summary>
public sealed class Parameters : OrderedDictionary<string, Bare>;

/// <summary>A member of a list or dictionary, or the one item of a field.</summary>
/// <param name="Items">Of an inner list; null for an item.</param>
public sealed record Member(Bare Value, IReadOnlyList<Member>? Items, Parameters Parameters);

/// <summary>A parsed field. Lists and dictionaries without members are empty, and then not sent at all.</summary>
/// <param name="Names">Of a dictionary's members, in order; null otherwise.</param>
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
