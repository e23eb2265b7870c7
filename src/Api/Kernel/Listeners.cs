using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PeerRegistry.Api.Kernel;

internal enum Listener
{
    /// <summary>Faces the reverse proxy and the internet.</summary>
    Edge,

    /// <summary>Only the reverse proxy and the apps reach it.</summary>
    Internal,
}

/// <summary>
/// Every endpoint belongs to one listener and does not exist on the other; one that names none exists nowhere.
/// </summary>
internal static class Listeners
{
    public static T OnListener<T>(this T endpoints, Listener listener)
        where T : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new Belongs(listener));

    public static Listener Listener(this HttpContext context) =>
        context.Features.Get<Belongs>()?.To ?? throw new InvalidOperationException("A connection of no listener.");

    public static void Mark(this ListenOptions options, Listener listener)
    {
        var belongs = new Belongs(listener);
        options.Use(next => connection =>
        {
            connection.Features.Set(belongs);
            return next(connection);
        });
    }

    private sealed record Belongs(Listener To);

    internal sealed class Policy : MatcherPolicy, IEndpointSelectorPolicy
    {
        public override int Order => 0;

        public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

        public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
        {
            var listener = httpContext.Listener();
            for (var i = 0; i < candidates.Count; i++)
            {
                if (candidates[i].Endpoint.Metadata.GetMetadata<Belongs>()?.To != listener)
                    candidates.SetValidity(i, false);
            }

            return Task.CompletedTask;
        }
    }
}
