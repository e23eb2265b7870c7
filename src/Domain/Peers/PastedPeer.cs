using System.Globalization;
using System.Text.RegularExpressions;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// What an owner pastes to add a peer: an ID or its beginning, a Portal's host, the address of any of its pages, its link with the ID after <c>#</c>, or
/// an invite. Text around a link is skipped.
/// </summary>
/// <param name="Id">The ID or its beginning, if it was given on purpose; null if there is only an address.</param>
/// <param name="Address">The host, with its port if that is not 443, or null if only an ID was given.</param>
/// <param name="Invite">The code of the invite, or null if the text is not an invite.</param>
public sealed partial record PastedPeer(TypedPortalId? Id, string? Address, string? Invite)
{
    /// <summary>In characters. Longer texts are not read.</summary>
    public const int MaxLength = 2000;

    /// <summary>What follows a link in a sentence and is no part of it.</summary>
    private static readonly char[] Punctuation = ['.', ',', ';', ':', '!', '?', ')', ']', '}', '>', '"', '\'', '»', '”', '“'];

    private const int MaxHost = 253;

    /// <summary>
    /// The ID, or the short ID that the host begins with. A host is no proof, since its first label can look like a short ID by chance, so this is used only
    /// where nobody answers who could say better.
    /// </summary>
    public TypedPortalId? LikelyId => Id ?? (Address is not null && ShortId.TryParse(Address.Split('.', 2)[0], out var id) ? TypedPortalId.Of(id) : null);

    /// <exception cref="Common.RefusedException"><c>peer_text_empty</c>; <c>peer_text_unreadable</c>; <c>peer_text_email</c>; <c>invite_incomplete</c></exception>
    public static PastedPeer Parse(string? text)
    {
        var trimmed = text?.Trim() ?? "";
        if (trimmed.Length == 0)
            throw PeerRefusals.TextEmpty();
        if (trimmed.Length > MaxLength)
            throw PeerRefusals.TextUnreadable();
        if (TypedPortalId.TryParse(string.Concat(trimmed.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)), out var id))
            return new PastedPeer(id, null, null);

        var (link, host) = Link(trimmed);
        var fragment = link.Fragment.Trim('#', '/');
        if (link.AbsolutePath.StartsWith("/invite/", StringComparison.OrdinalIgnoreCase))
        {
            return link.AbsolutePath["/invite/".Length..].TrimEnd('/').Split('.') is [var inviter, var code]
                && PortalId.TryParse(inviter.ToLowerInvariant(), out var full) && InviteCode.IsOne(code)
                ? new PastedPeer(TypedPortalId.Of(full), host, code)
                : throw PeerRefusals.InviteIncomplete();
        }

        return new PastedPeer(Named(fragment, host), host, null);
    }

    /// <summary>The ID after <c>#</c>. A part of one counts only if the host begins with it, since pages have fragments of their own.</summary>
    private static TypedPortalId? Named(string fragment, string host) =>
        TypedPortalId.TryParse(fragment, out var id) && (id.IsFull || host.StartsWith($"{id.Short}.", StringComparison.Ordinal)) ? id : null;

    private static (Uri Link, string Host) Link(string text)
    {
        var found = Links().Match(text) is { Success: true } link ? link.Value : WithoutScheme(text);
        if (!Uri.TryCreate(found.TrimEnd(Punctuation), UriKind.Absolute, out var uri)
            || uri.HostNameType != UriHostNameType.Dns || uri.UserInfo.Length > 0)
        {
            throw PeerRefusals.TextUnreadable();
        }

        var host = uri.IdnHost.ToLowerInvariant().TrimEnd('.');
        if (!IsHost(host))
            throw PeerRefusals.TextUnreadable();
        var usual = uri.Scheme == Uri.UriSchemeHttp || uri.Port == 443; // a Portal speaks only over TLS, so the port of http cannot be meant
        return (uri, usual ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{uri.Port}"));
    }

    private static string WithoutScheme(string text)
    {
        if (Emails().IsMatch(text))
            throw PeerRefusals.TextEmail();

        var words = text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)
            .Select(word => word.Trim(Punctuation).TrimStart('(', '<', '[', '„', '«', '“'));
        return words.FirstOrDefault(word => word.Contains('.', StringComparison.Ordinal) && !word.Contains("://", StringComparison.Ordinal)) is { } host
            ? $"https://{host}"
            : throw PeerRefusals.TextUnreadable();
    }

    private static bool IsHost(string host) => host.Length <= MaxHost && host.Contains('.', StringComparison.Ordinal) && host.Split('.').All(label =>
        label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'));

    [GeneratedRegex(@"https?://[^\s<>""]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Links();

    [GeneratedRegex(@"^(mailto:)?[^\s@/]+@[^\s@/]+$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Emails();
}
