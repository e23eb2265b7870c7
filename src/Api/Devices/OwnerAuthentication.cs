using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Devices;

/// <summary>Authenticates the owner's devices, on the edge listener and on the core's own host only.</summary>
internal sealed class OwnerAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    CurrentPortal portal, CurrentActor actor, OwnerSession sessions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "owner";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var (token, byCookie) = OwnerSession.Brought(Request);
        if (Context.Listener() != Listener.Edge || portal.App is not null || token is null)
            return AuthenticateResult.NoResult();
        if (!sessions.TryFind(portal.Snapshot, token, out var device))
            return AuthenticateResult.Fail(Unusable(token));
        if (byCookie && !CrossSite.IsSafe(Request.Method) && !FromOwnPage())
        {
            return AuthenticateResult.Fail(
                new RefusedException(RefusalKind.Forbidden, "forbidden", "This request was sent by a page of another origin."));
        }

        actor.Actor = Actor.Device(device.Id);
        if (await sessions.Extend(portal.Snapshot, token, Context.RequestAborted) && byCookie)
            Response.Cookies.Append(OwnerSession.Cookie, token, OwnerSession.CookieOptions(Application.Devices.PairDevice.SessionLife));
        var owner = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, device.Id), new Claim(ClaimTypes.Name, device.Name)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(owner), SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        throw ((await HandleAuthenticateOnceSafeAsync()).Failure as RefusedException
            ?? new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a paired device of the owner may do this."));

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        throw new RefusedException(RefusalKind.Forbidden, "forbidden", "This device may not do this.");

    private bool FromOwnPage() => CrossSite.IsOwn(
        Request.Headers.Origin, Request.Headers["Sec-Fetch-Site"], Request.Host.Value ?? "", silentIsOwn: true);

    /// <summary>The refusal for a token that is not a device's: it is either unknown, or that of an app.</summary>
    private RefusedException Unusable(string token) =>
        portal.Snapshot.Credentials.TryGetValue(TokenHash.Of(token), out var other) && other.Kind != CredentialKind.Device
            ? new RefusedException(RefusalKind.Forbidden, "forbidden", "This token is not a device's.")
            : new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is unknown or has been revoked.");
}
