using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Apps;

/// <param name="Portal">Whose app it is, as of the start of the request.</param>
/// <param name="Proof">The value of the field that it is known by; null: it is known by its address.</param>
internal readonly record struct AppCaller(PortalSnapshot Portal, string App, string? Proof);

/// <summary>
/// Knows an app by its token, in <c>Proxy-Authorization</c> where <c>Authorization</c> is meant for somebody else, or by the address
/// of its container. Either also says which Portal the call is for.
/// </summary>
internal sealed class AppCallers(IPortalSnapshots snapshots, IAppAddresses addresses)
{
    /// <exception cref="RefusedException"><c>not_authenticated</c>; <c>token_invalid</c>; <c>forbidden</c>: a token of ours, but not an app's.</exception>
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

        // A bearer that is not ours may be meant for the peer's app, where the caller is known by its address.
        if (own is null && await ByAddress(context) is { } caller)
            return caller;

        throw token is null
            ? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app may do this, with its token.")
            : new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is not good, or not any more.");
    }

    /// <summary>The one app, of all Portals here, that names the calling container in its description.</summary>
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
