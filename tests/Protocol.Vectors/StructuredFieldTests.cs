using PeerRegistry.Infrastructure.HttpSignatures.StructuredFields;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>Our own cases of RFC 9651: what each production takes, at its borders, and how it is written back.</summary>
public class StructuredFieldTests
{
    [Theory]
    [InlineData("999999999999999", "999999999999999")]
    [InlineData("-999999999999999", "-999999999999999")]
    [InlineData("-0", "0")]
    [InlineData("007", "7")]
    [InlineData("  7  ", "7")]
    [InlineData("123456789012.125", "123456789012.125")]
    [InlineData("1.50", "1.5")]
    [InlineData("-1.0", "-1.0")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("\"a \\\" \\\\ ~\"", "\"a \\\" \\\\ ~\"")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("a/b:c*!#$%&'+-.^_`|~", "a/b:c*!#$%&'+-.^_`|~")]
    [InlineData("*a", "*a")]
    [InlineData(":YWI=:", ":YWI=:")]
    [InlineData(":YWI:", ":YWI=:")]
    [InlineData(":YWJ=:", ":YWI=:")]
    [InlineData("::", "::")]
    [InlineData("?0", "?0")]
    [InlineData("?1", "?1")]
    [InlineData("@-1", "@-1")]
    [InlineData("%\"f%c3%bc %25\"", "%\"f%c3%bc %25\"")]
    [InlineData("%\"%61\"", "%\"a\"")]
    [InlineData("a;b;c=?1;d=?0;b=2", "a;b=2;c;d=?0")]
    [InlineData("a; b= 1", null)]
    [InlineData("a;  b=1", "a;b=1")]
    [InlineData("a ;b", null)]
    [InlineData("", null)]
    [InlineData(" ", null)]
    [InlineData("1000000000000000", null)]
    [InlineData("1234567890123.1", null)]
    [InlineData("1.1234", null)]
    [InlineData("1.", null)]
    [InlineData(".5", null)]
    [InlineData("--1", null)]
    [InlineData("-", null)]
    [InlineData("+1", null)]
    [InlineData("1 2", null)]
    [InlineData("\t1", null)]
    [InlineData("\"a", null)]
    [InlineData("\"a\\b\"", null)]
    [InlineData("\"a\\", null)]
    [InlineData("\"\u00e9\"", null)]
    [InlineData("\"\t\"", null)]
    [InlineData("é", null)]
    [InlineData(":YW=I:", null)]
    [InlineData(":Y:", null)]
    [InlineData(":YWI==:", null)]
    [InlineData(":Y W I:", null)]
    [InlineData(":YW-_:", null)]
    [InlineData(":YWI=", null)]
    [InlineData("?", null)]
    [InlineData("?2", null)]
    [InlineData("?true", null)]
    [InlineData("@1.5", null)]
    [InlineData("@", null)]
    [InlineData("@a", null)]
    [InlineData("%\"%C3%BC\"", null)]
    [InlineData("%\"%c3\"", null)]
    [InlineData("%\"%c\"", null)]
    [InlineData("%\"é\"", null)]
    [InlineData("%a", null)]
    [InlineData("%\"a", null)]
    [InlineData("a;B", null)]
    [InlineData("a;", null)]
    [InlineData("a;b=", null)]
    public void An_item(string text, string? written) => Check(FieldType.Item, text, written);

    [Theory]
    [InlineData("a, b", "a, b")]
    [InlineData("a\t ,\t b", "a, b")]
    [InlineData("(), (a), ( a  b ), (a;x b;y);z", "(), (a), (a b), (a;x b;y);z")]
    [InlineData("", "")]
    [InlineData("a,", null)]
    [InlineData("a,,b", null)]
    [InlineData(",a", null)]
    [InlineData("a b", null)]
    [InlineData("(a", null)]
    [InlineData("(a b", null)]
    [InlineData("(a,b)", null)]
    [InlineData("(a\tb)", null)]
    [InlineData("(\"a\"\"b\")", null)]
    [InlineData("((a))", null)]
    [InlineData("(a) b", null)]
    public void A_list(string text, string? written) => Check(FieldType.List, text, written);

    [Theory]
    [InlineData("a=1, b;x=2, c=?1, d=(1 2);y", "a=1, b;x=2, c, d=(1 2);y")]
    [InlineData("a=1,b=2,a=3", "a=3, b=2")]
    [InlineData("*_-.9=1", "*_-.9=1")]
    [InlineData("a=?0", "a=?0")]
    [InlineData("", "")]
    [InlineData("A=1", null)]
    [InlineData("9=1", null)]
    [InlineData("a =1", null)]
    [InlineData("a= 1", null)]
    [InlineData("a=", null)]
    [InlineData("a=1;b=2 c=3", null)]
    [InlineData("a=1,", null)]
    [InlineData("a==1", null)]
    public void A_dictionary(string text, string? written) => Check(FieldType.Dictionary, text, written);

    public static TheoryData<string, BareType, decimal, string?> Unwritable => new()
    {
        { "an integer of 16 digits", BareType.Integer, 1_000_000_000_000_000m, null },
        { "an integer with a fraction", BareType.Integer, 1.5m, null },
        { "a date with a fraction", BareType.Date, 1.5m, null },
        { "a decimal of 13 digits before its point", BareType.Decimal, 1_000_000_000_000.5m, null },
        { "an empty token", BareType.Token, 0, "" },
        { "a token that begins with a digit", BareType.Token, 0, "1a" },
        { "a token with a space", BareType.Token, 0, "a b" },
        { "a string that is not ASCII", BareType.Text, 0, "é" },
        { "a string with a line break", BareType.Text, 0, "a\n" },
    };

    [Theory, MemberData(nameof(Unwritable))]
    public void A_value_that_no_field_can_have_is_not_written(string what, BareType type, decimal number, string? text)
    {
        var item = new Field(FieldType.Item, [new Member(new Bare(type, number, text, default), null, [])], null);
        Assert.True(Record.Exception(() => FieldSerializer.Serialize(item)) is StructuredFieldException, what);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("9")]
    [InlineData("a b")]
    public void A_name_that_no_member_can_have_is_not_written(string name)
    {
        var dictionary = new Field(FieldType.Dictionary, [new Member(Bare.True, null, [])], [name]);
        Assert.Throws<StructuredFieldException>(() => FieldSerializer.Serialize(dictionary));
    }

    private static void Check(FieldType type, string text, string? written)
    {
        if (written is null)
            Assert.Throws<StructuredFieldException>(() => FieldParser.Parse(text, type));
        else
            Assert.Equal(written, FieldSerializer.Serialize(FieldParser.Parse(text, type)));
    }
}
