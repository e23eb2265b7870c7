using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// A Portal's name as a Portal with the original core reads it. That core writes names into header fields as Latin-1 (ISO 8859-1), and answers every call of
/// a peer with 500 if the peer's name has another character.
/// </summary>
public static class OriginalName
{
    private const char LastLatin1 = '\u00FF';

    private static readonly Dictionary<char, char> Signs = new()
    {
        ['‘'] = '\'', ['’'] = '\'', ['“'] = '"', ['”'] = '"', ['„'] = '"', ['–'] = '-', ['—'] = '-',
    };

    /// <summary>Removes accents that Latin-1 does not have, and then every character that it cannot write.</summary>
    /// <returns>The name itself if it is Latin-1, or the short ID if no letter or digit is left.</returns>
    public static string Of(string name, ShortId id)
    {
        if (name.All(IsLatin1))
            return name;

        var words = string.Concat(name.Select(Reduce)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Any(word => word.Any(char.IsLetterOrDigit)) ? string.Join(' ', words) : id.Value;
    }

    private static string Reduce(char letter)
    {
        if (IsLatin1(letter))
            return letter.ToString();
        if (Signs.TryGetValue(letter, out var sign))
            return sign.ToString();

        var plain = string.Concat(Likeness.Of(letter.ToString()).Where(IsLatin1));
        return char.IsUpper(letter) ? plain.ToUpperInvariant() : plain;
    }

    private static bool IsLatin1(char letter) => letter <= LastLatin1;
}
