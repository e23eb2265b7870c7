using System.Collections.Concurrent;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace PeerRegistry.Application.Common;

/// <summary>
/// A request that is decided in memory, thousands of times a second. Its handler is a singleton without pipeline behaviours, because a span and a
/// validator would cost more than the decision.
/// </summary>
public interface IHotPathRequest<out TResponse> : IRequest<TResponse>;

/// <summary>
/// MediatR without a scope of services, which these requests do not need: handlers are looked up once. All others go through <see cref="IMediator"/>.
/// </summary>
public sealed class HotPath
{
    private readonly Mediator mediator;

    public HotPath(IServiceProvider services)
    {
        var known = new ConcurrentDictionary<Type, object>();
        mediator = new(type => known.GetOrAdd(type, static (missing, from) => from.GetRequiredService(missing), services));
    }

    public Task<TResponse> Send<TResponse>(IHotPathRequest<TResponse> request, CancellationToken ct) => mediator.Send(request, ct);
}
