using System.Globalization;
using System.Text.Json;
using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>The public test suite's JSON form of structured fields, read into ours.</summary>
internal static class SfvJson
{
    internal static FieldType TypeOf(JsonElement test) => test.Text("header_type") switch
    {
        "item" => FieldType.Item,
        "list" => FieldType.List,
        _ => FieldType.Dictionary,
    };

    internal static Field Field(JsonElement expected, FieldType type) => type switch
    {
        FieldType.Item => new Field(type, [Member(expected)], null),
        FieldType.List => new Field(type, [.. expected.EnumerateArray().Select(Member)], null),
        _ => new Field(type, [.. expected.EnumerateArray().Select(m => Member(m[1]))], [.. expected.EnumerateArray().Select(m => m[0].GetString()!)]),
    };

    internal static void AssertSame(Field expected, Field actual)
    {
        Assert.Equal(expected.Names, actual.Names);
        Assert.Equal(expected.Members.Count, actual.Members.Count);
        foreach (var (a, b) in expected.Members.Zip(actual.Members))
            AssertSame(a, b);
    }

    private static void AssertSame(Member expected, Member actual)
    {
        Assert.Equal(expected.Parameters.Keys, actual.Parameters.Keys);
        foreach (var (a, b) in expected.Parameters.Values.Zip(actual.Parameters.Values))
            AssertSame(a, b);

        Assert.Equal(expected.Items?.Count, actual.Items?.Count);
        if (expected.Items is null)
            AssertSame(expected.Value, actual.Value);

        foreach (var (a, b) in (expected.Items ?? []).Zip(actual.Items ?? []))
            AssertSame(a, b);
    }

    private static void AssertSame(Bare expected, Bare actual)
    {
        Assert.Equal((expected.Type, expected.Number, expected.Text), (actual.Type, actual.Number, actual.Text));
        Assert.Equal(expected.Bytes.ToArray(), actual.Bytes.ToArray());
    }

    private static Member Member(JsonElement element) => element[0].ValueKind == JsonValueKind.Array
        ? new Member(default, [.. element[0].EnumerateArray().Select(Member)], Parameters(element[1]))
        : new Member(Bare(element[0]), null, Parameters(element[1]));

    private static Parameters Parameters(JsonElement element)
    {
        var parameters = new Parameters();
        foreach (var pair in element.EnumerateArray())
            parameters[pair[0].GetString()!] = Bare(pair[1]);

        return parameters;
    }

    private static Bare Bare(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => new Bare(BareType.Boolean, 1, null, default),
        JsonValueKind.False => new Bare(BareType.Boolean, 0, null, default),
        JsonValueKind.String => new Bare(BareType.Text, 0, element.GetString(), default),
        JsonValueKind.Number when element.GetRawText().Contains('.', StringComparison.Ordinal) =>
            new Bare(BareType.Decimal, element.GetDecimal(), null, default),
        JsonValueKind.Number => new Bare(BareType.Integer, element.GetDecimal(), null, default),
        _ => Typed(element.Text("__type"), element.GetProperty("value")),
    };

    private static Bare Typed(string type, JsonElement value) => type switch
    {
        "token" => new Bare(BareType.Token, 0, value.GetString(), default),
        "date" => new Bare(BareType.Date, value.GetDecimal(), null, default),
        "displaystring" => new Bare(BareType.DisplayText, 0, value.GetString(), default),
        "binary" => new Bare(BareType.Bytes, 0, null, Base32(value.GetString()!)),
        _ => throw new NotSupportedException(type),
    };

    private static byte[] Base32(string text)
    {
        var bits = string.Concat(text.TrimEnd('=').Select(
            c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8)
            .Select(i => byte.Parse(bits.AsSpan(8 * i, 8), NumberStyles.BinaryNumber, CultureInfo.InvariantCulture))];
    }
}
