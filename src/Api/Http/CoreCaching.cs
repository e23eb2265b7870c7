namespace PeerRegistry.Api.Http;

/// <summary>
/// Forbids caches and proxies to transform the core's responses, because their digest would no longer match, and to store a response that its
/// endpoint has not marked as cacheable.
/// </summary>
internal sealed class CoreCaching(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Listener() == Listener.Edge && context.Request.Path.StartsWithSegments("/core", StringComparison.OrdinalIgnoreCase))
            context.Response.OnStarting(Add, context.Response.Headers);

        return next(context);
    }

    private static Task Add(object state)
    {
        var headers = (IHeaderDictionary)state;
        headers.CacheControl = string.IsNullOrEmpty(headers.CacheControl) ? "no-store, no-transform" : $"{headers.CacheControl}, no-transform";
        return Task.CompletedTask;
    }
}
