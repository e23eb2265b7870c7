using System.Text;
using System.Text.Unicode;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// A path as a sequence of spots, each with every text that a server may read there: encoded, decoded once or several times, a backslash
/// as a slash. In addition, a server may merge slashes, drop path parameters (from <c>;</c> to the end of the segment), and take what
/// follows a leading double slash for a host. All combinations of these choices are the ways to read the path. Dot segments are detected
/// but not resolved, since they may lead to any path.
/// </summary>
internal sealed class PathSpots
{
    /// <summary>In characters. Longer paths are refused, since the work per path is higher than for an unambiguous one.</summary>
    private const int MaxLength = 2048;

    private readonly Spot[] spots;

    private PathSpots(Spot[] spots)
    {
        this.spots = spots;
        Decoded = string.Concat(spots.Select(spot => spot.Decoded)).Replace('\\', '/');
        MayLeadAnywhere = Decoded.Split('/').Any(segment => segment.Split(';')[0] is "." or "..");
        Certain = string.Concat(spots.TakeWhile((spot, i) => spot.IsCertain && !(spot.IsSlash && i > 0 && spots[i - 1].IsSlash)).Select(spot => spot.Texts[0]));
    }

    /// <summary>The path, decoded until nothing changes, with backslashes replaced by slashes.</summary>
    public string Decoded { get; }

    /// <summary>Whether some server may read a segment as <c>.</c> or <c>..</c>, so that the path may lead to any other.</summary>
    public bool MayLeadAnywhere { get; }

    /// <summary>The beginning of the path that every server reads alike. It ends before the first spot that can be read in two ways.</summary>
    public string Certain { get; }

    /// <returns>
    /// The spots, or null for a target that no legitimate client sends and that servers treat in unpredictable ways: one that does not begin
    /// with a slash, that has an unencoded space, control character or <c>#</c>, a broken percent-encoding or, at any depth of encoding, a
    /// control character, bytes that are not UTF-8 or an escape whose digits are escaped. Also null for a path of more than 2048 characters.
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

    /// <summary>Whether some server may read the path as beginning with <paramref name="prefix"/>, ignoring case.</summary>
    /// <param name="prefix">The prefix, folded by <see cref="CaseFold"/>.</param>
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
                // A parameter is dropped up to a slash. A slash in another spelling may be a part of it.
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
    /// The spots at which the path may begin: the first one and, if the first segment may be empty, also each slash after it, because some
    /// servers take what follows a double slash for a host. Every end of that host is tried, since slashes may be merged and parameters
    /// dropped before.
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

    /// <summary>Reads one escape at any depth of encoding (<c>%2F</c>, <c>%252F</c>), or several that together encode non-ASCII characters.</summary>
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
        /// <summary>Every text that may be read here, the one that was written first.</summary>
        public IReadOnlyList<string> Texts { get; } =
            decoded == "\\" ? [.. texts, "/"] : CaseFold.Of(decoded) is var folded && folded != decoded ? [.. texts, folded] : texts;

        public string Decoded => decoded;

        public bool IsSlash => decoded is "/" or "\\";

        public bool IsSemicolon => decoded == ";";

        public bool IsCertain => texts.Count == 1 && decoded is not ("\\" or ";");
    }
}
