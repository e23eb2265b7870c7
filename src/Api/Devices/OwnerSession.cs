using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Api.Devices;

/// <summary>
/// Identifies a paired device by the cookie, or by the same token as a bearer token. Every use extends the session to 90 days; this is stored at
/// most once an hour, so that most requests need no write.
/// </summary>
internal sealed class OwnerSession(IServiceScopeFactory scopes, TimeProvider clock)
{
    /// <summary>The session cookie. Its prefix binds it to the core's own host (RFC 6265bis), so no app and no sibling Portal can read or set it.</summary>
    public const string Cookie = "__Host-portal";

    private static readonly TimeSpan Slack = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<TokenHash, bool> extending = new();

    public static CookieOptions CookieOptions(TimeSpan? life) =>
        new() { Path = "/", Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, IsEssential = true, MaxAge = life };

    /// <summary>The token in the request, valid or not; null if there is none.</summary>
    public static (string? Token, bool ByCookie) Brought(HttpRequest request) => Bearer.Token(request.Headers.Authorization) switch
    {
        { } token => (token, false),
        null => (request.Cookies[Cookie], true),
    };

    /// <summary>The device that sent the request, or null. Public pages use it to recognize the owner.</summary>
    public bool TryFind(PortalSnapshot portal, string? token, [NotNullWhen(true)] out Device? device)
    {
        device = null;
        return token is not null
            && portal.Credentials.TryGetValue(TokenHash.Of(token), out var session)
            && session.Kind == CredentialKind.Device
            && session.ExpiresAt > clock.GetUtcNow()
            && portal.Devices.TryGetValue(session.Holder, out device);
    }

    /// <returns>Whether the session was extended, so that the cookie must be extended, too.</returns>
    public async ValueTask<bool> Extend(PortalSnapshot portal, string token, CancellationToken ct)
    {
        var (hash, until) = (TokenHash.Of(token), clock.GetUtcNow() + PairDevice.SessionLife);
        if (!portal.Credentials.TryGetValue(hash, out var session) || until - session.ExpiresAt < Slack || !extending.TryAdd(hash, true))
            return false;

        try
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ExtendDeviceSession(portal.Portal.Id, hash, until), ct);
            return true;
        }
        finally
        {
            extending.TryRemove(hash, out _);
        }
    }
}
