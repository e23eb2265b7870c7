using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Api.Apps;

/// <summary>
/// Knows an app by its token, in <c>Proxy-Authorization</c> where <c>Authorization</c> is meant for somebody else, or by the address
/// of its container. Either also says which Portal the call is for.
/// </summary>
internal sealed class AppAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    IPortalSnapshots snapshots, IAppAddresses addresses, CurrentPortal portal, CurrentActor actor)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "app";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Listener() != Listener.Internal)
            return AuthenticateResult.NoResult();

        var own = Bearer.Token(Request.Headers.ProxyAuthorization);
        var token = own ?? Bearer.Token(Request.Headers.Authorization);
        if (token is not null && Find(token) is var (snapshot, credential))
        {
            return credential.Kind == CredentialKind.App && snapshot.Apps.ContainsKey(credential.Holder)
                ? Enter(snapshot, credential.Holder)
                : AuthenticateResult.Fail(new RefusedException(RefusalKind.Forbidden, "forbidden", "This token is not an app's."));
        }

        // A bearer that is not ours may be meant for the peer's app, where the caller is known by its address.
        if (own is null && await ByAddress() is var (home, app))
            return Enter(home, app);

        return token is null
            ? AuthenticateResult.NoResult()
            : AuthenticateResult.Fail(new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is not good, or not any more."));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        throw ((await HandleAuthenticateOnceSafeAsync()).Failure as RefusedException
            ?? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app may do this, with its token."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This app may not do this.");

    private (PortalSnapshot Portal, Credential Credential)? Find(string token)
    {
        var hash = TokenHash.Of(token);
        foreach (var snapshot in snapshots.All)
        {
            if (snapshot.Credentials.TryGetValue(hash, out var credential))
                return (snapshot, credential);
        }

        return null;
    }

    /// <summary>The one app, of all Portals here, that names the calling container in its description.</summary>
    private async ValueTask<(PortalSnapshot Portal, string App)?> ByAddress()
    {
        if (Context.Connection.RemoteIpAddress is not { } address || await addresses.Find(address, Context.RequestAborted) is not { } container)
            return null;

        var named = from snapshot in snapshots.All
                    from app in snapshot.Apps.Values
                    where app.Meta.Entrypoints.Any(entry => entry.Container == container)
                    select (snapshot, app.Name);
        return named.Take(2).ToList() is [var only] ? only : null;
    }

    private AuthenticateResult Enter(PortalSnapshot snapshot, string app)
    {
        (portal.Snapshot, portal.App, actor.Actor) = (snapshot, app, Actor.App(app));
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, app)], SchemeName)), SchemeName));
    }
}
