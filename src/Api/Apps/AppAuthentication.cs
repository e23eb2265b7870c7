using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Api.Apps;

/// <summary>
/// Knows an app by its token, in <c>Proxy-Authorization</c> where <c>Authorization</c> is meant for somebody else. The token also
/// says which Portal the call is for.
/// </summary>
internal sealed class AppAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    IPortalSnapshots snapshots, CurrentPortal portal, CurrentActor actor)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "app";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var token = Bearer.Token(Request.Headers.ProxyAuthorization) ?? Bearer.Token(Request.Headers.Authorization);
        if (Context.Listener() != Listener.Internal || token is null)
            return Task.FromResult(AuthenticateResult.NoResult());

        var hash = TokenHash.Of(token);
        foreach (var snapshot in snapshots.All)
        {
            if (!snapshot.Credentials.TryGetValue(hash, out var credential))
                continue;

            return Task.FromResult(credential.Kind == CredentialKind.App && snapshot.Apps.ContainsKey(credential.Holder)
                ? Enter(snapshot, credential.Holder)
                : AuthenticateResult.Fail(new RefusedException(RefusalKind.Forbidden, "forbidden", "This token is not an app's.")));
        }

        return Task.FromResult(AuthenticateResult.Fail(
            new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is not good, or not any more.")));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        throw ((await HandleAuthenticateOnceSafeAsync()).Failure as RefusedException
            ?? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app may do this, with its token."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This app may not do this.");

    private AuthenticateResult Enter(PortalSnapshot snapshot, string app)
    {
        (portal.Snapshot, portal.App, actor.Actor) = (snapshot, app, Actor.App(app));
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, app)], SchemeName)), SchemeName));
    }
}
