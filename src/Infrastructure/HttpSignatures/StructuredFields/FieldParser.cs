using System.Globalization;

namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Parses a field into objects (RFC 9651 section 4.2), for fields off the hot path. It takes time linear in the length of the text.</summary>
public static class FieldParser
{
    /// <param name="text">The values of all field lines, joined with <c>", "</c>.</param>
    /// <exception cref="StructuredFieldException">The RFC's algorithm fails.</exception>
    public static Field Parse(ReadOnlySpan<char> text, FieldType type)
    {
        var reader = new FieldReader(text);
        reader.SkipSpaces();
        var field = type switch
        {
            FieldType.Item => new Field(type, [ParseItem(ref reader)], null),
            FieldType.List => new Field(type, ParseList(ref reader), null),
            _ => ParseDictionary(ref reader),
        };
        reader.SkipSpaces();
        return reader.AtEnd ? field : throw Failed(reader);
    }

    internal static Bare Decode(RawBare raw) => raw.Type switch
    {
        BareType.Decimal => new Bare(raw.Type, raw.Number / 1000m, null, default),
        BareType.Text => new Bare(raw.Type, 0, Unescape(raw.Text), default),
        BareType.Token => new Bare(raw.Type, 0, raw.Text.ToString(), default),
        BareType.DisplayText => new Bare(raw.Type, 0, DisplayText.TryDecode(raw.Text, out var text) ? text : null, default),
        BareType.Bytes => new Bare(raw.Type, 0, null, DecodeBytes(raw.Text)),
        _ => new Bare(raw.Type, raw.Number, null, default),
    };

    internal static string Unescape(ReadOnlySpan<char> text)
    {
        if (!text.Contains('\\'))
            return text.ToString();

        var (plain, length) = (new char[text.Length], 0);
        for (var i = 0; i < text.Length; i++)
            plain[length++] = text[i] == '\\' ? text[++i] : text[i];

        return new string(plain, 0, length);
    }

    private static byte[] DecodeBytes(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Base64Text.LengthOf(text)];
        Base64Text.Decode(text, bytes);
        return bytes;
    }

    private static List<Member> ParseList(ref FieldReader reader)
    {
        var members = new List<Member>();
        for (var more = !reader.AtEnd; more;)
        {
            members.Add(ParseMember(ref reader));
            if (!reader.NextMember(out more))
                throw Failed(reader);
        }

        return members;
    }

    private static Field ParseDictionary(ref FieldReader reader)
    {
        var members = new OrderedDictionary<string, Member>();
        for (var more = !reader.AtEnd; more;)
        {
            if (!reader.ReadKey(out var key))
                throw Failed(reader);

            members[key.ToString()] = reader.Take('=') ? ParseMember(ref reader) : new Member(Bare.True, null, ParseParameters(ref reader));
            if (!reader.NextMember(out more))
                throw Failed(reader);
        }

        return new Field(FieldType.Dictionary, members.Values, members.Keys);
    }

    private static Member ParseMember(ref FieldReader reader) => reader.Sees('(') ? ParseInnerList(ref reader) : ParseItem(ref reader);

    private static Member ParseInnerList(ref FieldReader reader)
    {
        var items = new List<Member>();
        reader.Take('(');
        while (true)
        {
            if (!reader.NextInner(items.Count == 0, out var ended))
                throw Failed(reader);
            if (ended)
                return new Member(default, items, ParseParameters(ref reader));

            items.Add(ParseItem(ref reader));
        }
    }

    private static Member ParseItem(ref FieldReader reader)
    {
        if (!reader.ReadBare(out var raw))
            throw Failed(reader);

        return new Member(Decode(raw), null, ParseParameters(ref reader));
    }

    private static Parameters ParseParameters(ref FieldReader reader)
    {
        var parameters = new Parameters();
        while (reader.Sees(';'))
        {
            if (!reader.ReadParameter(out var key, out var raw))
                throw Failed(reader);

            parameters[key.ToString()] = Decode(raw);
        }

        return parameters;
    }

    private static StructuredFieldException Failed(in FieldReader reader) =>
        new(string.Create(CultureInfo.InvariantCulture, $"Not a structured field: unexpected at or before character {reader.Position}."));
}
