using System.Diagnostics;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Kernel;

/// <summary>
/// One trace for all that a request causes: its sender's (W3C Trace Context), or a new one. The host would begin one for every request,
/// calls to peers included, which nothing refers to; so it does where its log of requests is read, and is else silent.
/// </summary>
internal sealed class RequestTrace(RequestDelegate next)
{
    private const string Name = "request";
    private const string HostsLog = "Microsoft.AspNetCore.Hosting.Diagnostics";

    /// <summary>Before all other rules, so that the configuration may say otherwise.</summary>
    public static void Silence(LoggerFilterOptions log) => log.Rules.Insert(0, new LoggerFilterRule(null, HostsLog, LogLevel.None, null));

    public async Task InvokeAsync(HttpContext context)
    {
        using var own = Activity.Current is null ? Begin(context.Request.Headers) : null;
        await next(context);
    }

    private static Activity Begin(IHeaderDictionary headers)
    {
        ActivityContext.TryParse(headers.TraceParent, headers.TraceState, isRemote: true, out var sender);
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
