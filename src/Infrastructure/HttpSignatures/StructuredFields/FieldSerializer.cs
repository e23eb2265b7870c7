using System.Globalization;
using System.Text;

namespace PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

/// <summary>Serializes a value to its canonical spelling (RFC 9651 section 4.1).</summary>
public static class FieldSerializer
{
    private const long MaxInteger = 999_999_999_999_999;

    /// <exception cref="StructuredFieldException">A value that no field can carry.</exception>
    public static string Serialize(Field field)
    {
        var text = new StringBuilder();
        for (var i = 0; i < field.Members.Count; i++)
        {
            if (i > 0)
                text.Append(", ");
            if (field.Names is null)
                Append(text, field.Members[i]);
            else
                AppendNamed(text, field.Names[i], field.Members[i]);
        }

        return text.ToString();
    }

    /// <exception cref="StructuredFieldException">A value that no field can carry.</exception>
    public static string Serialize(Member member) => Append(new StringBuilder(), member).ToString();

    private static void AppendNamed(StringBuilder text, string name, Member member)
    {
        AppendKey(text, name);
        if (member is { Items: null, Value: { Type: BareType.Boolean, Number: 1 } })
            AppendParameters(text, member.Parameters);
        else
            Append(text.Append('='), member);
    }

    private static StringBuilder Append(StringBuilder text, Member member)
    {
        if (member.Items is null)
        {
            AppendBare(text, member.Value);
        }
        else
        {
            text.Append('(');
            for (var i = 0; i < member.Items.Count; i++)
                Append(i == 0 ? text : text.Append(' '), member.Items[i]);

            text.Append(')');
        }

        AppendParameters(text, member.Parameters);
        return text;
    }

    private static void AppendParameters(StringBuilder text, Parameters parameters)
    {
        foreach (var (name, value) in parameters)
        {
            AppendKey(text.Append(';'), name);
            if (value is not { Type: BareType.Boolean, Number: 1 })
                AppendBare(text.Append('='), value);
        }
    }

    private static void AppendKey(StringBuilder text, string key)
    {
        Require(key.Length > 0 && (char.IsAsciiLetterLower(key[0]) || key[0] == '*') && !key.ContainsAnyExcept(FieldReader.KeyChars), "key");
        text.Append(key);
    }

    private static void AppendBare(StringBuilder text, Bare bare)
    {
        switch (bare.Type)
        {
            case BareType.Integer:
                text.Append(Whole(bare.Number));
                break;
            case BareType.Date:
                text.Append('@').Append(Whole(bare.Number));
                break;
            case BareType.Decimal:
                var rounded = Math.Round(bare.Number, 3, MidpointRounding.ToEven);
                Require(Math.Abs(Math.Truncate(rounded)) <= 999_999_999_999m, "decimal");
                text.Append(rounded.ToString("0.0##", CultureInfo.InvariantCulture));
                break;
            case BareType.Boolean:
                text.Append(bare.Number == 0 ? "?0" : "?1");
                break;
            case BareType.Token:
                Require(bare.Text is [var first, ..] && (char.IsAsciiLetter(first) || first == '*') && !bare.Text.ContainsAnyExcept(FieldReader.TokenChars),
                    "token");
                text.Append(bare.Text);
                break;
            case BareType.Bytes:
                text.Append(':').Append(Convert.ToBase64String(bare.Bytes.Span)).Append(':');
                break;
            case BareType.DisplayText:
                DisplayText.Encode(bare.Text!, text.Append("%\""));
                text.Append('"');
                break;
            default:
                Require(!bare.Text.AsSpan().ContainsAnyExceptInRange(' ', '~'), "string");
                text.Append('"').Append(bare.Text!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
                break;
        }
    }

    private static string Whole(decimal number)
    {
        Require(number == Math.Truncate(number) && Math.Abs(number) <= MaxInteger, "integer");
        return ((long)number).ToString(CultureInfo.InvariantCulture);
    }

    private static void Require(bool good, string what)
    {
        if (!good)
            throw new StructuredFieldException($"This {what} cannot be written as a structured field.");
    }
}
