using System.Diagnostics;
using MediatR;

namespace PeerRegistry.Application.Common;

public static class Telemetry
{
    public const string Name = "PeerRegistry";

    public static readonly ActivitySource Activities = new(Name);
}

/// <summary>
/// Begins a span for each use case, named after it, and a trace if there is none. Events refer to the trace, whether or not it is collected. The
/// content of a command is never recorded.
/// </summary>
internal sealed class TracingBehavior<TRequest, TResponse> : IPipelineBehavior<TRequest, TResponse>
    where TRequest : notnull
{
    public async Task<TResponse> Handle(TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        using var activity = Telemetry.Activities.StartActivity(typeof(TRequest).Name)
            ?? (Activity.Current is null ? new Activity(typeof(TRequest).Name).SetIdFormat(ActivityIdFormat.W3C).Start() : null);
        try
        {
            return await next();
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }
    }
}
