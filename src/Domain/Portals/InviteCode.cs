namespace PeerRegistry.Domain.Portals;

/// <summary>The code of an invite: 16 bytes in base64url (RFC 4648, section 5) without padding.</summary>
public static class InviteCode
{
    private const int Length = 22;

    public static bool IsOne(string text) => text.Length == Length && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
