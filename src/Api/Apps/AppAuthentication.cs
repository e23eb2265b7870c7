using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Apps;

/// <summary>Authenticates apps on the internal listener, as <see cref="AppCallers"/> identifies them.</summary>
internal sealed class AppAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    AppCallers callers, CurrentPortal portal, CurrentActor actor)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "app";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Listener() != Listener.Internal)
            return AuthenticateResult.NoResult();

        try
        {
            var caller = await callers.Identify(Context);
            (portal.Snapshot, portal.App, actor.Actor) = (caller.Portal, caller.App, Actor.App(caller.App));
            return AuthenticateResult.Success(new AuthenticationTicket(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, caller.App)], SchemeName)), SchemeName));
        }
        catch (RefusedException refused)
        {
            return AuthenticateResult.Fail(refused);
        }
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        throw ((await HandleAuthenticateOnceSafeAsync()).Failure as RefusedException
            ?? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app with its token may do this."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This app may not do this.");
}
