using System.Text;

namespace PeerRegistry.Domain.Apps;

/// <summary>
/// Folds the case of a text that is then compared with <see cref="StringComparison.OrdinalIgnoreCase"/>. It also maps to ASCII the few characters
/// that some lower-casing, upper-casing or compatibility mapping turns into an ASCII letter: U+0130, U+0131, U+017F, U+212A and the
/// full-width letters.
/// </summary>
internal static class CaseFold
{
    /// <returns>The same instance if the text is ASCII, otherwise a string of the same length.</returns>
    public static string Of(string text) => Ascii.IsValid(text) ? text : string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = Of(from[i]);
    });

    private static char Of(char c) => c switch
    {
        '\u0130' or '\u0131' => 'i',
        '\u017F' => 's',
        '\u212A' => 'k',
        >= '\uFF21' and <= '\uFF3A' or >= '\uFF41' and <= '\uFF5A' => (char)(c - 0xFEE0),
        _ => char.ToLowerInvariant(char.ToUpperInvariant(c)),
    };
}
