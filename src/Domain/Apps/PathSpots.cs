using System.Text;
using System.Text.Unicode;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// A path as a sequence of spots, each with every text that a server may see there: encoded, decoded once or more often, a backslash
/// as a slash. Beside that, a reader may merge slashes, drop path parameters (<c>;</c> to the end of the segment), and take what follows
/// a leading double slash for a host. All choices together are every way to read the path. Dot segments may lead anywhere, so they are
/// only noticed.
/// </summary>
internal sealed class PathSpots
{
    /// <summary>Characters. Such a path is judged with more work than a plain one, so a longer one is refused.</summary>
    private const int MaxLength = 2048;

    private readonly Spot[] spots;

    private PathSpots(Spot[] spots)
    {
        this.spots = spots;
        Decoded = string.Concat(spots.Select(spot => spot.Decoded)).Replace('\\', '/');
        MayLeadAnywhere = Decoded.Split('/').Any(segment => segment.Split(';')[0] is "." or "..");
        Certain = string.Concat(spots.TakeWhile((spot, i) => spot.IsCertain && !(spot.IsSlash && i > 0 && spots[i - 1].IsSlash)).Select(spot => spot.Texts[0]));
    }

    /// <summary>Decoded as often as anything changes, with slashes for backslashes.</summary>
    public string Decoded { get; }

    /// <summary>To some reader, a segment is <c>.</c> or <c>..</c>, so any other path may be meant.</summary>
    public bool MayLeadAnywhere { get; }

    /// <summary>How the path begins to every reader; ends before the first spot that can be read in two ways.</summary>
    public string Certain { get; }

    /// <returns>
    /// Null for what no client sends in good faith and servers treat in ways that cannot be listed: a target that does not begin with a
    /// slash, a bare space, control or <c>#</c>, a broken percent-encoding, and, at any depth of encoding, controls, bytes that are not
    /// UTF-8 and an escape whose own digits are escaped. Also null for a path of more than 2048 characters.
    /// </returns>
    public static PathSpots? Read(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (path is not ['/', ..] || path.Length > MaxLength || target.AsSpan().ContainsAnyInRange('\0', ' ') || target.AsSpan().ContainsAny('#', '\u007F'))
            return null;

        var spots = new List<Spot>();
        for (var i = 0; i < path.Length;)
        {
            if ((path[i] == '%' ? Escaped(path, ref i) : Written(path, ref i)) is not { } spot)
                return null;
            spots.Add(spot);
        }

        for (var i = 0; i + 2 < spots.Count; i++)
        {
            if (spots[i].Decoded == "%" && IsHexDigit(spots[i + 1].Decoded) && IsHexDigit(spots[i + 2].Decoded))
                return null;
        }

        return new PathSpots([.. spots]);
    }

    /// <summary>Whether the path begins with <paramref name="prefix"/> to some reader, whatever the case of its letters.</summary>
    /// <param name="prefix">Folded by <see cref="CaseFold"/>.</param>
    public bool MayBeginWith(string prefix)
    {
        var seen = new HashSet<(int Spot, int Matched, bool IsParameter)>();
        var open = new Stack<(int Spot, int Matched, bool IsParameter)>(Starts().Select(start => (start, 0, false)));
        while (open.TryPop(out var at))
        {
            if (at.Matched == prefix.Length)
                return true;
            if (at.Spot == spots.Length || !seen.Add(at))
                continue;

            var spot = spots[at.Spot];
            if (at.IsParameter)
            {
                // Dropped, up to a slash; one that is not written as such may be part of the parameter.
                if (spot.Texts[0] != "/")
                    open.Push(at with { Spot = at.Spot + 1 });
                if (!spot.IsSlash)
                    continue;
            }

            var rest = prefix.AsSpan(at.Matched);
            foreach (var text in spot.Texts)
            {
                var length = Math.Min(text.Length, rest.Length);
                if (rest[..length].Equals(text.AsSpan(0, length), StringComparison.OrdinalIgnoreCase))
                    open.Push((at.Spot + 1, at.Matched + length, false));
            }

            if (spot.IsSlash && at.Matched > 0 && prefix[at.Matched - 1] == '/')
                open.Push((at.Spot + 1, at.Matched, false)); // merged with the slash before it
            if (spot.IsSemicolon)
                open.Push((at.Spot + 1, at.Matched, true));
        }

        return false;
    }

    /// <summary>
    /// At the beginning, and where the first segment may be empty also behind the host that some readers see in a double slash. How far
    /// that host reaches is left open, since merging slashes and dropping parameters may come before.
    /// </summary>
    private IEnumerable<int> Starts() => spots is [_, { IsSlash: true } or { IsSemicolon: true }, ..]
        ? Enumerable.Range(2, spots.Length - 2).Where(i => spots[i].IsSlash).Prepend(0)
        : [0];

    private static Spot? Written(string path, ref int i)
    {
        if (!Rune.TryGetRuneAt(path, i, out var rune))
            return null;

        var text = path.Substring(i, rune.Utf16SequenceLength);
        i += text.Length;
        return new Spot([text], text);
    }

    /// <summary>One escape at any depth of encoding (<c>%2F</c>, <c>%252F</c>), or the several that together are one run of UTF-8.</summary>
    private static Spot? Escaped(string path, ref int i)
    {
        var (digits, bytes, depth) = (new List<string>(), new List<byte>(), 0);
        do
        {
            var at = i + 1;
            while (at + 4 <= path.Length && path.AsSpan(at, 2) is "25" && char.IsAsciiHexDigit(path[at + 2]) && char.IsAsciiHexDigit(path[at + 3]))
                at += 2;
            if (at + 2 > path.Length || !char.IsAsciiHexDigit(path[at]) || !char.IsAsciiHexDigit(path[at + 1]))
                return null;

            var (value, level) = (Convert.ToByte(path.Substring(at, 2), 16), (at - i - 1) / 2);
            if (bytes.Count > 0 && (value < 0x80 || level != depth))
                break;
            digits.Add(path.Substring(at, 2));
            bytes.Add(value);
            (depth, i) = (level, at + 2);
        }
        while (bytes[^1] >= 0x80 && i < path.Length && path[i] == '%');

        var decoded = bytes.ToArray();
        if (decoded[0] is < 0x20 or 0x7F || !Utf8.IsValid(decoded))
            return null;

        var text = Encoding.UTF8.GetString(decoded);
        var levels = Enumerable.Range(0, depth + 1).Select(level => string.Concat(Enumerable.Repeat("25", depth - level)))
            .Select(again => string.Concat(digits.Select(pair => $"%{again}{pair}")));
        return new Spot([.. levels, text], text);
    }

    private static bool IsHexDigit(string text) => text is [var c] && char.IsAsciiHexDigit(c);

    private sealed class Spot(IReadOnlyList<string> texts, string decoded)
    {
        /// <summary>As written first.</summary>
        public IReadOnlyList<string> Texts { get; } =
            decoded == "\\" ? [.. texts, "/"] : CaseFold.Of(decoded) is var folded && folded != decoded ? [.. texts, folded] : texts;

        public string Decoded => decoded;

        public bool IsSlash => decoded is "/" or "\\";

        public bool IsSemicolon => decoded == ";";

        public bool IsCertain => texts.Count == 1 && decoded is not ("\\" or ";");
    }
}
