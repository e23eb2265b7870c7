using System.Globalization;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Fake;

internal sealed record PeerItem(
    string Id, string ShortId, string Name, string Domain, string Status, bool? IsReachable, string? PublicBytesB64, bool? HasApp)
{
    public static PeerItem Of(FakePeer peer) =>
        new(peer.Id, peer.ShortId, peer.Name, peer.Domain, peer.Status, peer.IsReachable, peer.PublicKeyPem, peer.HasApp);
}

internal sealed record SecretItem(string Header, string Secret);

internal sealed record WebhookSecretItem(string Secret, string? Path);

internal sealed record SelfItem(string Id, string ShortId, string Name, string Domain, string App, string Visibility, IReadOnlyList<string> Permissions);

/// <summary>What the core offers to apps, with the same codes.</summary>
internal static class InternalListener
{
    public static Task Answer(FakePortal portal, HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith("/internal/call_peer/", StringComparison.OrdinalIgnoreCase))
        {
            RequireToken(portal, context.Request);
            return PeerCalls.Answer(portal, context);
        }

        if (!path.StartsWith("/protected/", StringComparison.Ordinal))
            return Problem.OfStatus(404).Write(context);
        RequireToken(portal, context.Request);
        var segments = path["/protected/".Length..].Split('/');
        if (segments[0] == "calls")
            return DeferredCallRoutes.Answer(portal, segments[1..], context);

        Func<FakePortal, HttpContext, Task>? read = segments switch
        {
            ["peers"] => List,
            ["peers", var id] => (portal, context) => Show(portal, id, context),
            ["proxy-secret"] => ShowSecret,
            ["webhook-secret"] => ShowWebhookSecret,
            ["self"] => ShowSelf,
            ["events"] => FakeEvents.Stream,
            ["profile"] => GrantedRoutes.ShowProfile,
            ["profile", "avatar"] => GrantedRoutes.ShowAvatar,
            ["devices"] => GrantedRoutes.ListDevices,
            _ => null,
        };
        return read is null ? Problem.OfStatus(404).Write(context)
            : HttpMethods.IsGet(context.Request.Method) ? read(portal, context)
            : Problem.OfStatus(405).Write(context);
    }

    /// <exception cref="RefusedException"><c>request_invalid</c></exception>
    public static int Limit(IQueryCollection query) => Paging.Limit(query["limit"] switch
    {
        [] => null,
        [{ } text] when int.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Paging.Invalid("limit is a number."),
    });

    private static void RequireToken(FakePortal portal, HttpRequest request)
    {
        var token = Bearer.Token(request.Headers.ProxyAuthorization) ?? Bearer.Token(request.Headers.Authorization);
        if (token is null)
            throw new RefusedException(RefusalKind.NotAuthenticated, "not_authenticated", "Only a registered app with its token may do this.");
        if (token != portal.Token)
            throw new RefusedException(RefusalKind.NotAuthenticated, "token_invalid", "This token is unknown or has been revoked.");
    }

    private static Task List(FakePortal portal, HttpContext context)
    {
        var query = context.Request.Query;
        var (most, name, after) = (Limit(query), query["name"].ToString(), query["after"].ToString());
        var found = portal.Peers
            .Where(peer => peer.IsVisible && peer.Name.Contains(name, StringComparison.OrdinalIgnoreCase))
            .Where(peer => string.CompareOrdinal(peer.ShortId, after) > 0).Take(most + 1).ToList();
        var page = context.Page(found, most, peer => peer.ShortId).Select(PeerItem.Of).ToArray();
        return context.Response.WriteAsJsonAsync(page, FakeJson.Default.PeerItemArray, cancellationToken: context.RequestAborted);
    }

    private static Task Show(FakePortal portal, string id, HttpContext context)
    {
        var typed = TypedPortalId.Parse(id);
        var peer = portal.Peers.FirstOrDefault(peer => peer.IsVisible && peer.Id.StartsWith(typed.Value, StringComparison.Ordinal))
            ?? throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "No peer has this ID.");
        return context.Response.WriteAsJsonAsync(PeerItem.Of(peer), FakeJson.Default.PeerItem, cancellationToken: context.RequestAborted);
    }

    private static Task ShowSecret(FakePortal portal, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new SecretItem(ProxySecret.Header, portal.ProxySecret), FakeJson.Default.SecretItem, cancellationToken: context.RequestAborted);
    }

    private static Task ShowWebhookSecret(FakePortal portal, HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(
            new WebhookSecretItem(portal.WebhookSecret, portal.WebhookPath), FakeJson.Default.WebhookSecretItem, cancellationToken: context.RequestAborted);
    }

    private static Task ShowSelf(FakePortal portal, HttpContext context) => context.Response.WriteAsJsonAsync(
        new SelfItem(portal.Id, portal.Id[..6], portal.Name, portal.Domain, portal.App, "some", portal.Permissions), FakeJson.Default.SelfItem,
        cancellationToken: context.RequestAborted);
}
