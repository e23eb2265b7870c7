using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

/// <param name="Secret"><c>whsec_</c> and base64, as Standard Webhooks has it.</param>
/// <param name="Path">Where the app wants events to be posted, or null if its description does not say.</param>
internal sealed record WebhookSecretAnswer(string Secret, string? Path);

/// <summary>Gives an app the secret with which the core signs what it posts to it, on the internal listener.</summary>
internal static class WebhookSecretEndpoint
{
    public static void MapWebhookSecret(this IEndpointRouteBuilder inner) =>
        inner.MapGet("/protected/webhook-secret", Show).WithTags("Apps").RequireAuthorization(Policies.App).WithName("app.webhook-secret")
            .WithSummary("Shows the secret with which the core signs the events that it posts to the calling app.").Refuses(404, "app_unknown");

    private static WebhookSecretAnswer Show(CurrentPortal portal, IWebhookSecrets secrets, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        var app = portal.RequireApp(portal.App!);
        return new(secrets.Of(portal.Id, app), app.Meta.Webhook);
    }
}
