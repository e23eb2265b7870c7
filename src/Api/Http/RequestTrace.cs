using System.Diagnostics;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Puts everything that a request causes into one trace: that of the sender (W3C Trace Context), or a new one. The host itself would begin a trace
/// for every request, including calls to peers, to which nothing refers. It is therefore restricted to begin one only if traces are collected or
/// its own log is turned on.
/// </summary>
internal sealed class RequestTrace(RequestDelegate next)
{
    private const string Name = "request";
    private const string HostsLog = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>Adds the log rule before all others, so that the configuration can override it.</summary>
    public static void Silence(LoggerFilterOptions log) => log.Rules.Insert(0, new LoggerFilterRule(null, HostsLog, LogLevel.None, null));

    public async Task InvokeAsync(HttpContext context)
    {
        using var own = Activity.Current is null ? Begin(context.Request.Headers) : null;
        await next(context);
    }

    private static Activity Begin(IHeaderDictionary headers)
    {
        _ = ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var sender);
        return Telemetry.Activities.StartActivity(Name, ActivityKind.Server, sender) ?? Uncollected(sender);
    }

    private static Activity Uncollected(ActivityContext sender)
    {
        var activity = new Activity(Name).SetIdFormat(ActivityIdFormat.W3C);
        if (sender != default)
            activity.SetParentId(sender.TraceId, sender.SpanId, sender.TraceFlags);
        return activity.Start();
    }
}
