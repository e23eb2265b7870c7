using System.Buffers;
using System.Text;

namespace PeerRegistry.Domain.Common;

/// <param name="Line">The number of its first line in the text, from 1. A quoted cell may span several lines.</param>
/// <param name="IsBroken">Whether its quotes are wrong, so that it is not certain where a cell ends.</param>
public readonly record struct CsvRow(int Line, IReadOnlyList<string> Cells, bool IsBroken);

/// <summary>
/// Comma-separated values (RFC 4180). Cells that a spreadsheet would calculate are written with an apostrophe in front, which is removed again when
/// they are read.
/// </summary>
public static class CsvText
{
    /// <summary>The first characters by which a spreadsheet takes a cell for a formula, and the apostrophe, so that reading undoes writing.</summary>
    private const string Formula = "=+-@\t\r'";

    private static readonly SearchValues<char> Special = SearchValues.Create(",;\"\r\n\t");

    public static string Row(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell)) + "\r\n";

    /// <summary>Reads all rows. Blank lines are skipped. After a row whose quotes are wrong, reading goes on with the next line.</summary>
    public static IEnumerable<CsvRow> Read(string text, char separator)
    {
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var (start, first) = (at, line);
            if (TryRead(text, separator, ref at, ref line) is { } cells)
            {
                if (cells is not [""])
                    yield return new CsvRow(first, cells, IsBroken: false);
            }
            else
            {
                yield return new CsvRow(first, [], IsBroken: true);
                var end = text.IndexOf('\n', start);
                (at, line) = (end < 0 ? text.Length : end + 1, first + 1);
            }
        }
    }

    private static string Cell(string? value)
    {
        var safe = value is { Length: > 0 } && Formula.Contains(value[0], StringComparison.Ordinal) ? $"'{value}" : value ?? "";
        return safe.AsSpan().IndexOfAny(Special) < 0 ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <returns>The cells of the row, or null if its quotes are wrong.</returns>
    private static List<string>? TryRead(string text, char separator, ref int at, ref int line)
    {
        var cells = new List<string>();
        while (true)
        {
            if (TryReadCell(text, separator, ref at, ref line) is not { } cell)
                return null;

            cells.Add(cell is ['\'', var second, ..] && Formula.Contains(second, StringComparison.Ordinal) ? cell[1..] : cell);
            if (at < text.Length && text[at] == separator)
            {
                at++;
                continue;
            }

            if (at < text.Length && text[at] == '\r')
                at++;
            if (at < text.Length && text[at] == '\n')
                (at, line) = (at + 1, line + 1);
            return cells;
        }
    }

    /// <summary>Reads up to the separator or the end of the line.</summary>
    private static string? TryReadCell(string text, char separator, ref int at, ref int line)
    {
        var isQuoted = at < text.Length && text[at] == '"';
        if (!isQuoted)
        {
            var start = at;
            while (at < text.Length && !IsEnd(text, at, separator))
            {
                if (text[at++] == '"')
                    return null;
            }

            return text[start..at];
        }

        var cell = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '\n')
                line++;
            if (text[at] != '"')
                cell.Append(text[at]);
            else if (at + 1 < text.Length && text[at + 1] == '"')
                cell.Append(text[at++]);
            else
                return ++at == text.Length || IsEnd(text, at, separator) ? cell.ToString() : null;
        }

        return null;
    }

    private static bool IsEnd(string text, int at, char separator) =>
        text[at] == separator || text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.Length || text[at + 1] == '\n'));
}
