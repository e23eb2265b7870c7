using Microsoft.AspNetCore.Http.Features;

namespace PeerRegistry.Api.Http;

/// <summary>A response of Server-Sent Events (HTML Living Standard, section 9.2).</summary>
internal static class EventStream
{
    /// <summary>The longest time without data, after which a comment is sent, so that neither the reader nor a proxy closes the connection.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a browser waits before it reconnects, in milliseconds. It is sent first, because some proxies hold the head back until the
    /// body begins.
    /// </summary>
    public const string Greeting = "retry: 1000\n\n";

    public const string Comment = ":\n\n";

    /// <summary>The id of the last event that a reader that comes back has read, or null if it names none.</summary>
    public static string? LastRead(this HttpRequest request) => request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : null;

    /// <summary>Sets the header fields, and lets everything that is written later be sent at once.</summary>
    public static void BeginEvents(this HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache, no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // tells nginx not to buffer, whatever its configuration says
        context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
    }

    public static async Task SendEvents(this HttpResponse response, string text, CancellationToken ct)
    {
        await response.WriteAsync(text, ct);
        await response.Body.FlushAsync(ct);
    }
}
