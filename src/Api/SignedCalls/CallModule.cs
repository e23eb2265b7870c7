using PeerRegistry.Api.OpenApi;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.SignedCalls;

internal static class CallModule
{
    public static IServiceCollection AddCalls(this IServiceCollection services)
    {
        services.AddHttpForwarder();
        services.Configure<LoggerFilterOptions>(log => // the app is told of each failure, and what it asks for is nothing for a log
            log.Rules.Add(new LoggerFilterRule(null, typeof(IHttpForwarder).Namespace, LogLevel.None, null)));
        services.AddSingleton<CallDeferral>();
        return services.AddSingleton<IMiddlewareRoutes, CallPeerRoute>();
    }
}
