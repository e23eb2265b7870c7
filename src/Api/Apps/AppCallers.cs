using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Apps;

/// <param name="Portal">The Portal that the app belongs to, as of the start of the request.</param>
/// <param name="Proof">The value of the header that identified the app, or null if its address did.</param>
internal readonly record struct AppCaller(PortalSnapshot Portal, string App, string? Proof);

/// <summary>
/// Identifies an app by its token or by the address of its container; either also determines the Portal. The token is read from
/// <c>Proxy-Authorization</c> if <c>Authorization</c> is intended for the called peer.
/// </summary>
internal sealed class AppCallers(IPortalSnapshots snapshots, IAppAddresses addresses)
{
    /// <exception cref="RefusedException"><c>not_authenticated</c>; <c>token_invalid</c>; <c>forbidden</c> for a token that is not an app's.</exception>
    public async ValueTask<AppCaller> Identify(HttpContext context)
    {
        var headers = context.Request.Headers;
        var own = Bearer.Token(headers.ProxyAuthorization);
        var token = own ?? Bearer.Token(headers.Authorization);
        if (token is not null && snapshots.FindCredential(TokenHash.Of(token)) is var (snapshot, credential))
        {
            return credential.Kind == CredentialKind.App && snapshot.Apps.ContainsKey(credential.Holder)
                ? new AppCaller(snapshot, credential.Holder, own is null ? headers.Authorization : headers.ProxyAuthorization)
                : throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This token is not an app's.");
        }

        // If the caller's address identifies it, a bearer token that is not ours may be intended for the peer's app.
        if (own is null && await ByAddress(context) is { } caller)
            return caller;

        throw token is null
            ? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app with its token may do this.")
            : new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is unknown or has been revoked.");
    }

    /// <summary>The only app of all Portals here whose description names the calling container, or null.</summary>
    private async ValueTask<AppCaller?> ByAddress(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address || await addresses.Find(address, context.RequestAborted) is not { } container)
            return null;

        var named = from snapshot in snapshots.All
                    from app in snapshot.Apps.Values
                    where app.Meta.Entrypoints.Any(entry => entry.Container == container)
                    select new AppCaller(snapshot, app.Name, null);
        return named.Take(2).ToList() is [var only] ? only : null;
    }
}
