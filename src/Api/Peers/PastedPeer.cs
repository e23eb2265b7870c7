using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>A pasted text that identifies a peer: an ID or its beginning, the address of a Portal's page with its ID after <c>#</c>, or an invite.</summary>
/// <param name="Address">The peer's address, or null if it is the peer's name in our own zone.</param>
/// <param name="Invite">The code of the invite, or null if the text is not an invite.</param>
internal sealed record PastedPeer(TypedPortalId Id, string? Address, string? Invite)
{
    /// <exception cref="Domain.Common.RefusedException"><c>id_malformed</c></exception>
    public static PastedPeer Parse(string? text, Portal self)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var link) || link.Scheme is not ("https" or "http"))
            return new PastedPeer(TypedPortalId.Parse(text), null, null);

        var invite = link.AbsolutePath.StartsWith("/invite/", StringComparison.Ordinal) ? link.AbsolutePath["/invite/".Length..].Split('.') : [];
        var id = TypedPortalId.Parse(invite is [var inviter, _] ? inviter : link.Fragment.TrimStart('#'));
        var host = PeerRules.Address(link.IdnHost.ToLowerInvariant(), link.Scheme == Uri.UriSchemeHttps ? link.Port : null);
        return new PastedPeer(id, host == self.ZoneName(id.Short) ? null : host, invite is [_, var code] ? code : null);
    }
}
