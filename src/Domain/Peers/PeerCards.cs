using System.Text;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// A contact list as vCards 4.0 (RFC 6350), which address books read, too. The ID stands in <c>X-PORTAL-ID</c> and behind the <c>#</c> of the URL,
/// the owner's name for the peer is its nickname, and circles are categories.
/// </summary>
public static class PeerCards
{
    private const int MaxOctets = 75;

    public static string Write(IEnumerable<(Peer Peer, IReadOnlyList<string> Circles)> peers)
    {
        var text = new StringBuilder();
        foreach (var (peer, circles) in peers)
        {
            var id = peer.Id?.Value ?? peer.Typed.Value;
            Append(text, "BEGIN:VCARD");
            Append(text, "VERSION:4.0");
            Append(text, $"FN:{Escaped(peer.Name)}");
            if (peer.Petname is { } petname)
                Append(text, $"NICKNAME:{Escaped(petname)}");
            Append(text, $"X-PORTAL-ID:{id}");
            Append(text, $"URL:https://{peer.Domain}/#{id}");
            if (peer.Note is { } note)
                Append(text, $"NOTE:{Escaped(note)}");
            if (circles.Count > 0)
                Append(text, $"CATEGORIES:{string.Join(',', circles.Select(Escaped))}");
            Append(text, "END:VCARD");
        }

        return text.ToString();
    }

    /// <summary>Reads version 4.0 and the older 3.0. What stands outside of a card is skipped.</summary>
    public static IEnumerable<PeerLine> Read(string text)
    {
        Card? card = null;
        foreach (var (line, content) in Unfolded(text))
        {
            var (name, value) = Property(content);
            if (name == "BEGIN" && Is(value, "VCARD"))
            {
                if (card is not null)
                    yield return new PeerLine(card.Line, null, null, null, null, [], IsBroken: true); // it has no end
                card = new Card(line);
            }
            else if (name == "END" && Is(value, "VCARD") && card is not null)
            {
                yield return card.ToLine();
                card = null;
            }
            else
            {
                card?.Add(name, value);
            }
        }

        if (card is not null)
            yield return new PeerLine(card.Line, null, null, null, null, [], IsBroken: true);
    }

    private static bool Is(string value, string word) => value.Trim().Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes a line, folded so that none has more than 75 octets (section 3.2). A character is never split.</summary>
    private static void Append(StringBuilder text, string line)
    {
        var octets = 0;
        foreach (var rune in line.EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > MaxOctets)
            {
                text.Append("\r\n ");
                octets = 1;
            }

            text.Append(rune);
            octets += rune.Utf8SequenceLength;
        }

        text.Append("\r\n");
    }

    /// <summary>The lines, each joined with those that continue it, and the number of its first one.</summary>
    private static IEnumerable<(int Line, string Content)> Unfolded(string text)
    {
        var (first, content) = (0, new StringBuilder());
        var number = 0;
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd('\r');
            if (line is [' ' or '\t', ..] && first > 0)
            {
                content.Append(line, 1, line.Length - 1);
                continue;
            }

            if (content.Length > 0)
                yield return (first, content.ToString());
            content.Clear().Append(line);
            first = number;
        }

        if (content.Length > 0)
            yield return (first, content.ToString());
    }

    /// <summary>The name in capitals, without its group, and the value. Parameters are skipped; a quoted one may contain a colon (section 3.3).</summary>
    private static (string Name, string Value) Property(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == ':' && !quoted)
                return (line[..i].Split(';')[0].Split('.')[^1].ToUpperInvariant(), line[(i + 1)..]);
        }

        return ("", "");
    }

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace(",", "\\,", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal);

    /// <summary>Splits a value at its commas and undoes the escapes (section 3.4).</summary>
    private static List<string> Values(string value)
    {
        var (all, one) = (new List<string>(), new StringBuilder());
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
            {
                one.Append(value[++i] is 'n' or 'N' ? '\n' : value[i]);
            }
            else if (value[i] == ',')
            {
                all.Add(one.ToString());
                one.Clear();
            }
            else
            {
                one.Append(value[i]);
            }
        }

        all.Add(one.ToString());
        return all;
    }

    private sealed class Card(int line)
    {
        private readonly Dictionary<string, string> properties = [];

        public int Line => line;

        /// <summary>The first of several properties of one name counts, and the first of the addresses that carries an ID.</summary>
        public void Add(string name, string value)
        {
            if (name != "URL" || value.Contains('#', StringComparison.Ordinal))
                properties.TryAdd(name, value);
        }

        public PeerLine ToLine()
        {
            var link = properties.TryGetValue("URL", out var url) && Uri.TryCreate(url.Trim(), UriKind.Absolute, out var parsed) ? parsed : null;
            var own = properties.GetValueOrDefault("X-PORTAL-ID");
            var name = Text(properties.GetValueOrDefault(own is null ? "FN" : "NICKNAME"));
            return new PeerLine(
                line, PeerFile.Text(own) ?? PeerFile.Text(link?.Fragment.TrimStart('#')), name, PeerFile.Text(link?.Authority),
                Text(properties.GetValueOrDefault("NOTE")),
                [.. Values(properties.GetValueOrDefault("CATEGORIES") ?? "").Select(PeerFile.Text).OfType<string>()]);
        }

        private static string? Text(string? value) => value is null ? null : PeerFile.Text(string.Join(',', Values(value)));
    }
}
