using FsCheck;
using FsCheck.Fluent;
using PeerRegistry.Domain.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Domain.Specs.Common;

public sealed class CsvTextSpecs
{
    [Theory]
    [InlineData("a,b\r\nc,d\r\n", "1:a|b 2:c|d")]
    [InlineData("a,b\nc,d", "1:a|b 2:c|d")]
    [InlineData("\"a \"\"b\"\"\nc\",d\r\ne", "1:a \"b\"\nc|d 3:e")]
    [InlineData("\n\na\n\n", "3:a")]
    [InlineData("a,\n,b", "1:a| 2:|b")]
    [InlineData("\"\"", "")]
    public void Rows_are_read_with_the_number_of_their_first_line(string text, string rows) => Assert.Equal(rows, Shown(CsvText.Read(text, ',')));

    [Theory]
    [InlineData("a\n\"b\"c,d\ne", "1:a 2:broken 3:e")]
    [InlineData("a\nb\"c\ne", "1:a 2:broken 3:e")]
    [InlineData("a\n\"open,d\ne\nf", "1:a 2:broken 3:e 4:f")]
    [InlineData("a\n\"", "1:a 2:broken")]
    public void A_row_with_wrong_quotes_is_broken_and_the_next_line_is_read(string text, string rows) =>
        Assert.Equal(rows, Shown(CsvText.Read(text, ',')));

    [Theory]
    [InlineData("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\"")]
    [InlineData("+1", "'+1"), InlineData("-1", "'-1"), InlineData("@SUM(A1)", "'@SUM(A1)"), InlineData("\t=1", "\"'\t=1\""), InlineData("'=1", "''=1")]
    [InlineData("a;b", "\"a;b\""), InlineData("1+1", "1+1"), InlineData(null, "")]
    public void No_cell_is_calculated_by_a_spreadsheet(string? value, string cell) => Assert.Equal($"{cell}\r\n", CsvText.Row(value));

    [Property]
    public void Whatever_is_written_is_read_again()
    {
        var cells = Gen.Elements("a", "=", "+", "-", "@", "'", "\"", ",", ";", "\n", "\t", " ", "é", "🐝").ListOf().Select(string.Concat);
        var rows = cells.ListOf(3).Where(row => row.Any(cell => cell.Length > 0)).ListOf();
        Check.QuickThrowOnFailure(Prop.ForAll(rows.ToArbitrary(), written =>
        {
            var read = CsvText.Read(string.Concat(written.Select(row => CsvText.Row(row))), ',').ToList();
            return !read.Any(row => row.IsBroken)
                && read.Select(row => string.Join('\0', row.Cells)).SequenceEqual(written.Select(row => string.Join('\0', row)));
        }));
    }

    private static string Shown(IEnumerable<CsvRow> rows) =>
        string.Join(' ', rows.Select(row => $"{row.Line}:{(row.IsBroken ? "broken" : string.Join('|', row.Cells))}"));
}
