using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <param name="Code"><c>app_unavailable</c>, <c>app_failed</c>, <c>app_timeout</c> or <c>app_refused</c>.</param>
/// <param name="Status">The status of the answer, or null if there was none.</param>
/// <param name="RetryAfter">What the app asked for, or null.</param>
internal sealed record WebhookFailure(string Code, int? Status = null, TimeSpan? RetryAfter = null)
{
    /// <summary>Whether the app cannot be asked for anything else either.</summary>
    public bool IsAway => Status is null;
}

/// <summary>
/// Posts one event to the server of an app, as the gateway knows it, and nowhere else: no redirect is followed, and of the answer only the head is read.
/// </summary>
internal sealed class WebhookPost(IAppServers servers, IWebhookSecrets secrets, TimeProvider clock)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <returns>Null if the app has taken it.</returns>
    public async Task<WebhookFailure?> Send(PortalSnapshot portal, App app, string id, string body, CancellationToken ct)
    {
        using var deadline = new CancellationTokenSource(Deadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, deadline.Token);
        try
        {
            using var request = Request(portal, app, await servers.Find(portal, app, either.Token), id, Encoding.UTF8.GetBytes(body));
            using var answer = await servers.Connections.SendAsync(request, either.Token);
            return answer.IsSuccessStatusCode ? null : new("app_refused", (int)answer.StatusCode, answer.Headers.RetryAfter.Pause(clock));
        }
        catch (RefusedException refused)
        {
            return new(refused.Code);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new("app_timeout");
        }
        catch (HttpRequestException)
        {
            return new("app_failed"); // it ended the connection before it had the whole body
        }
    }

    private HttpRequestMessage Request(PortalSnapshot portal, App app, AppServer server, string id, byte[] body)
    {
        var host = $"{app.Name}.{portal.Portal.Domain}";
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://{server.Address}{app.Meta.Webhook}")
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        var headers = request.Headers;
        headers.Host = host;
        headers.TryAddWithoutValidation("X-Forwarded-Proto", "https");
        headers.TryAddWithoutValidation("X-Forwarded-Host", host);
        headers.TryAddWithoutValidation(ProxySecret.Header, server.Secret);
        headers.TryAddWithoutValidation("X-Ptl-Client-Type", "anonymous"); // the core is no client; its signature says who it is
        headers.TryAddWithoutValidation(WebhookSignature.IdHeader, id);
        headers.TryAddWithoutValidation(WebhookSignature.TimestampHeader, now.ToString(CultureInfo.InvariantCulture));
        headers.TryAddWithoutValidation(WebhookSignature.Header, WebhookSignature.Sign(secrets.Of(portal.Portal.Id, app), id, now, body));
        return request;
    }
}
