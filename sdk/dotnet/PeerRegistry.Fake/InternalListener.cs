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
        return (HttpMethods.IsGet(context.Request.Method), path["/protected/".Length..].Split('/')) switch
        {
            (true, ["peers"]) => List(portal, context),
            (true, ["peers", var id]) => Show(portal, id, context),
            (true, ["proxy-secret"]) => ShowSecret(portal, context),
            (true, ["webhook-secret"]) => ShowWebhookSecret(portal, context),
            (true, ["self"]) => ShowSelf(portal, context),
            (true, ["events"]) => FakeEvents.Stream(portal, context),
            (false, ["peers" or "proxy-secret" or "webhook-secret" or "self" or "events"] or ["peers", _]) => Problem.OfStatus(405).Write(context),
            _ => Problem.OfStatus(404).Write(context),
        };
    }

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
        int? asked = query["limit"] switch
        {
            [] => null,
            [{ } text] when int.TryParse(text, CultureInfo.InvariantCulture, out var number) => number,
            _ => throw Paging.Invalid("limit is a number."),
        };
        var most = Paging.Limit(asked);
        var (name, after) = (query["name"].ToString(), query["after"].ToString());
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
        new SelfItem(portal.Id, portal.Id[..6], portal.Name, portal.Domain, portal.App, "some", []), FakeJson.Default.SelfItem,
        cancellationToken: context.RequestAborted);
}
