using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.ForwardAuth;

/// <summary>Decides by one snapshot, and nothing else, who may reach which path of which app.</summary>
public static class AccessPolicy
{
    public static AccessVerdict Decide(PortalSnapshot portal, AccessRequest request, DateTimeOffset now)
    {
        if (!portal.Apps.TryGetValue(request.App, out var app))
            return new(IsMutual(portal, request.Signer) ? Ruling.NotInstalled : Ruling.AppUnknown, Client.Anonymous, null);
        if (Find(app.Rules, request) is not { } rule)
            return new(request.Path is null ? Ruling.PathAmbiguous : Ruling.NothingThere, Client.Anonymous, null);

        var client = Caller(portal, app, request, now, out var crossSite);
        return new(Rule(rule.Access, client, crossSite, request.IsNavigation), client, rule);
    }

    /// <summary>
    /// Finds the peer whose key may sign a call to this app. A peer that the app may not see is treated as a stranger from here on. An app that is not
    /// registered hides nobody: a mutual peer is told that it is not there, and everybody else gets the answer that strangers get.
    /// </summary>
    /// <param name="keyId">The claimed ID: a full one, or a short one as originals send it.</param>
    public static Signer? FindSigner(PortalSnapshot portal, string app, string keyId)
    {
        var isFull = PortalId.TryParse(keyId, out var full);
        var isShort = ShortId.TryParse(isFull ? keyId[..ShortId.Length] : keyId, out var brief);
        return isShort
            && portal.Peers.TryGetValue(brief, out var peer)
            && peer is { MayBeCalled: true, Key: { } key }
            && (!isFull || key.Id == full)
            && (portal.Apps.TryGetValue(app, out var called) ? called.Shows(peer) : peer.IsMutual)
                ? new Signer(key.Id, key, peer.Original)
                : null;
    }

    private static CompiledRule? Find(AccessRules rules, AccessRequest request) => request.Path switch
    {
        null => rules.FindRuleOfEveryReading(request.Target),
        var path => AccessRules.IsReserved(path) ? null : rules.FindRule(request.Target, path),
    };

    private static Ruling Rule(Access access, Client client, bool crossSite, bool isNavigation) => (access, client.Type) switch
    {
        (Access.Public, _) => Ruling.Granted,
        (Access.Peer, Client.Peer) => Ruling.Granted,
        (Access.Private, Client.Terminal) => Ruling.Granted,
        (_, Client.Peer or Client.Terminal) => Ruling.Forbidden,
        (Access.Private, _) when crossSite => Ruling.CrossSite,
        (Access.Private, _) when isNavigation => Ruling.SessionNeeded,
        _ => Ruling.NotAuthenticated,
    };

    /// <param name="crossSite">Whether there is a valid session that a page of another origin uses.</param>
    private static Client Caller(PortalSnapshot portal, App app, AccessRequest request, DateTimeOffset now, out bool crossSite)
    {
        crossSite = false;
        if (request.Signer is { } signer && Peer(portal, app, signer) is { } peer)
            return new(Client.Peer, signer.Id.Value, peer.Name);
        if (Device(portal, app, Hash(request.BearerSession), now) is { } byToken)
            return byToken;

        // Browsers add cookies, and passwords that were entered once, to the requests of any page.
        var password = Hash(request.BasicPassword);
        var ambient = Password(portal, app, password) ?? Device(portal, app, password, now) ?? Device(portal, app, Hash(request.CookieSession), now);
        if (ambient is null)
            return Client.Anonymous;

        crossSite = request is { MayChange: true, FromOwnPage: false };
        return crossSite ? Client.Anonymous : ambient;
    }

    private static bool IsMutual(PortalSnapshot portal, Signer? signer) =>
        signer is not null && portal.Peers.TryGetValue(signer.Id.Short, out var peer) && peer.IsMutual && peer.Key == signer.Key;

    private static TokenHash? Hash(string? token) => token is null ? null : TokenHash.Of(token);

    private static Client? Password(PortalSnapshot portal, App app, TokenHash? password) =>
        password is { } hash
        && portal.Credentials.TryGetValue(hash, out var credential)
        && credential.Kind == CredentialKind.AppPassword
        && credential.App == app.Name
        && app.Passwords.FirstOrDefault(known => known.Id == credential.Holder) is { } found
            ? new Client(Client.Terminal, found.Id, found.Name)
            : null;

    /// <summary>Checked again after the signature was verified, because the peer may have been removed meanwhile.</summary>
    private static Peer? Peer(PortalSnapshot portal, App app, Signer signer) =>
        portal.Peers.TryGetValue(signer.Id.Short, out var peer) && peer.IsMutual && peer.Key == signer.Key && app.Shows(peer)
            ? peer
            : null;

    /// <summary>Whether a session lets a device into an app.</summary>
    public static bool IsSession(PortalSnapshot portal, string app, TokenHash session, DateTimeOffset now) =>
        portal.Apps.TryGetValue(app, out var found) && Device(portal, found, session, now) is not null;

    private static Client? Device(PortalSnapshot portal, App app, TokenHash? session, DateTimeOffset now) =>
        session is { } hash
        && portal.Credentials.TryGetValue(hash, out var credential)
        && credential.Kind == CredentialKind.AppSession
        && credential.App == app.Name
        && credential.ExpiresAt > now
        && portal.Devices.TryGetValue(credential.Holder, out var device)
            ? new Client(Client.Terminal, device.Id, device.Name)
            : null;
}
