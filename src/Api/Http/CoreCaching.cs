namespace PeerRegistry.Api.Http;

/// <summary>
/// Nothing between two Portals may rewrite what the core answers, or its digest would not hold; and what no endpoint called cacheable
/// is not kept.
/// </summary>
internal sealed class CoreCaching(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Listener() == Listener.Edge && context.Request.Path.StartsWithSegments("/core"))
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
