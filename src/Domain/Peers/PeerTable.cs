using System.Text;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Peers;

/// <summary>A contact list as CSV. The first row names the columns, of which only <c>id</c> has to be there.</summary>
public static class PeerTable
{
    /// <summary>Separates the circles in their cell. No name contains it, since a circle whose name does is written with a blank instead.</summary>
    private const char CircleSeparator = '|';

    private static readonly string[] Columns = ["id", "name", "calls_itself", "domain", "note", "circles", "state"];

    /// <param name="peers">Each with the names of its circles and its state in a word.</param>
    public static string Write(IEnumerable<(Peer Peer, IReadOnlyList<string> Circles, string State)> peers)
    {
        var text = new StringBuilder(CsvText.Row(Columns));
        foreach (var (peer, circles, state) in peers)
        {
            text.Append(CsvText.Row(
                peer.Id?.Value ?? peer.Typed.Value, peer.Petname, peer.ClaimedName, peer.Domain, peer.Note,
                string.Join(CircleSeparator, circles.Select(name => name.Replace(CircleSeparator, ' '))), state));
        }

        return text.ToString();
    }

    /// <exception cref="RefusedException"><c>import_invalid</c></exception>
    public static IEnumerable<PeerLine> Read(string text)
    {
        var rows = CsvText.Read(text, SeparatorOf(text)).ToList();
        var head = rows is [{ IsBroken: false } first, ..] ? first.Cells.Select(name => name.Trim().ToLowerInvariant()).ToList() : [];
        if (!head.Contains("id"))
            throw PeerFile.Invalid("The first line has to name the columns, and one of them has to be called id.");

        foreach (var row in rows.Skip(1))
        {
            yield return new PeerLine(
                row.Line, Cell(row, "id"), Cell(row, "name"), Cell(row, "domain"), Cell(row, "note"),
                Cell(row, "circles")?.Split(CircleSeparator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                row.IsBroken || row.Cells.Count > head.Count);
        }

        string? Cell(CsvRow row, string column) => head.IndexOf(column) is >= 0 and var at && at < row.Cells.Count ? PeerFile.Text(row.Cells[at]) : null;
    }

    /// <summary>Spreadsheets write a semicolon or a tab instead of the comma in some languages.</summary>
    private static char SeparatorOf(string text)
    {
        var head = text.Split('\n', 2)[0];
        return head.Contains(';', StringComparison.Ordinal) ? ';' : head.Contains('\t', StringComparison.Ordinal) ? '\t' : ',';
    }
}
