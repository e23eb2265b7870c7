using System.Security.Cryptography;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>
/// The code of a recovery sheet: 32 characters of <see cref="HumanEncoding.Alphabet"/>, 160 random bits. It is stored as a credential of kind
/// <see cref="CredentialKind.Recovery"/>, whose holder is the sheet.
/// </summary>
public static class RecoveryCode
{
    private const int Length = 32;

    public static string Create() => HumanEncoding.Encode(RandomNumberGenerator.GetBytes(Length * 5 / 8));

    /// <summary>Ignores case, and every character that is neither a letter nor a digit, as with pairing codes, which are shorter.</summary>
    /// <returns>False if the text cannot be a recovery code.</returns>
    public static bool TryParse(string? typed, out TokenHash hash)
    {
        var text = string.Concat((typed ?? "").Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        var isOne = text.Length == Length && HumanEncoding.IsEncoded(text);
        hash = isOne ? TokenHash.Of(text) : default;
        return isOne;
    }

    /// <returns>The id of the recovery sheet with this code, or null.</returns>
    public static string? RecoverySheetOf(this PortalSnapshot portal, TokenHash code) =>
        portal.Credentials.TryGetValue(code, out var credential) && credential.Kind == CredentialKind.Recovery ? credential.Holder : null;

    /// <returns>The code in groups of four.</returns>
    public static string InGroups(string code) => string.Join(' ', code.Chunk(4).Select(group => new string(group)));
}
