using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PeerRegistry.Api.Http;

internal enum Listener
{
    /// <summary>Faces the reverse proxy and the internet.</summary>
    Edge,

    /// <summary>Only the reverse proxy and the apps reach it.</summary>
    Internal,

    /// <summary>Only the operator's monitoring reaches it.</summary>
    Metrics,
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

    /// <summary>Null: the endpoint exists on no listener.</summary>
    public static Listener? Listener(this Endpoint endpoint) => endpoint.Metadata.GetMetadata<Belongs>()?.To;

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

    /// <summary>
    /// Parts the endpoints of a path by listener before any other policy looks at them, so that 405 with its <c>Allow</c> and 415 are
    /// said only where the path exists, and of the endpoints that exist there.
    /// </summary>
    internal sealed class Policy : MatcherPolicy, INodeBuilderPolicy
    {
        /// <summary>The framework's own policies begin with that for methods, at -1000.</summary>
        public override int Order => -2000;

        public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

        public IReadOnlyList<PolicyNodeEdge> GetEdges(IReadOnlyList<Endpoint> endpoints) =>
            [.. Enum.GetValues<Listener>().Select(listener => new PolicyNodeEdge(
                listener, [.. endpoints.Where(endpoint => endpoint.Listener() == listener)]))];

        public PolicyJumpTable BuildJumpTable(int exitDestination, IReadOnlyList<PolicyJumpTableEdge> edges) =>
            new JumpTable(exitDestination, edges.ToDictionary(edge => (Listener)edge.State, edge => edge.Destination));
    }

    private sealed class JumpTable(int elsewhere, IReadOnlyDictionary<Listener, int> destinations) : PolicyJumpTable
    {
        public override int GetDestination(HttpContext httpContext) => destinations.GetValueOrDefault(httpContext.Listener(), elsewhere);
    }
}
