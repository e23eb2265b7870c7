using System.Security.Cryptography;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>
/// A pairing code as somebody typed it. The first six characters are its selector: it says which code is meant and proves nothing.
/// The eight that follow are the secret, 40 random bits. A wrong secret costs the named code one of its tries; a guess
/// without the selector of a live code costs no code anything, so guessing blindly cannot use a code up.
/// </summary>
/// <param name="Selector">Six characters of <see cref="HumanEncoding.Alphabet"/>.</param>
/// <param name="Hash">SHA-256 of all fourteen characters.</param>
public readonly record struct TypedPairingCode(string Selector, TokenHash Hash)
{
    private const int SelectorLength = 6;
    private const int SecretBytes = 5;
    private const int Length = SelectorLength + (SecretBytes * 8 / 5);

    /// <returns>A new code of fourteen lower-case letters and digits.</returns>
    public static string Create() =>
        HumanEncoding.Encode(RandomNumberGenerator.GetBytes(4))[..SelectorLength] + HumanEncoding.Encode(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Ignores case, and every character that is neither a letter nor a digit, such as spaces and dashes.</summary>
    /// <returns>False if the text cannot be a pairing code.</returns>
    public static bool TryParse(string? typed, out TypedPairingCode code)
    {
        var text = string.Concat((typed ?? "").Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        var isOne = text.Length == Length && HumanEncoding.IsEncoded(text);
        code = isOne ? new TypedPairingCode(text[..SelectorLength], TokenHash.Of(text)) : default;
        return isOne;
    }

    /// <returns>The code in groups that are easy to read and to type: <c>abcdef ghjk lnpq</c>.</returns>
    public static string InGroups(string code) => $"{code[..SelectorLength]} {code[SelectorLength..(SelectorLength + 4)]} {code[(SelectorLength + 4)..]}";
}
