namespace PeerRegistry.Api;

/// <summary>
/// Routes whose handlers are compiled when they are first called. The framework's methods of the same names compile all of them at the start, which
/// takes more than half of it (docs/adr/0044). These are found before those, because this namespace encloses the ones where routes are mapped.
/// </summary>
internal static class Routes
{
    public static RouteHandlerBuilder MapGet(this IEndpointRouteBuilder endpoints, string pattern, Delegate handler) =>
        Map(endpoints, HttpMethods.Get, pattern, handler);

    public static RouteHandlerBuilder MapPost(this IEndpointRouteBuilder endpoints, string pattern, Delegate handler) =>
        Map(endpoints, HttpMethods.Post, pattern, handler);

    public static RouteHandlerBuilder MapPut(this IEndpointRouteBuilder endpoints, string pattern, Delegate handler) =>
        Map(endpoints, HttpMethods.Put, pattern, handler);

    public static RouteHandlerBuilder MapPatch(this IEndpointRouteBuilder endpoints, string pattern, Delegate handler) =>
        Map(endpoints, HttpMethods.Patch, pattern, handler);

    public static RouteHandlerBuilder MapDelete(this IEndpointRouteBuilder endpoints, string pattern, Delegate handler) =>
        Map(endpoints, HttpMethods.Delete, pattern, handler);

    private static RouteHandlerBuilder Map(IEndpointRouteBuilder endpoints, string method, string pattern, Delegate handler) =>
        RouteHandlerServices.Map(endpoints, pattern, handler, [method], RequestDelegateFactory.InferMetadata, Later);

    private static RequestDelegateResult Later(Delegate handler, RequestDelegateFactoryOptions options, RequestDelegateMetadataResult? metadata)
    {
        var compiled = new Lazy<RequestDelegate>(() => RequestDelegateFactory.Create(handler, options, metadata).RequestDelegate);
        return new RequestDelegateResult(context => compiled.Value(context), metadata?.EndpointMetadata ?? []);
    }
}
