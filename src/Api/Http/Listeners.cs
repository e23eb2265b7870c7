using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PeerRegistry.Api.Http;

internal enum Listener
{
    /// <summary>The reverse proxy and, through it, the internet reach this listener.</summary>
    Edge,

    /// <summary>Only the reverse proxy and the apps reach this listener.</summary>
    Internal,

    /// <summary>Only the operator's monitoring reaches this listener.</summary>
    Metrics,
}

/// <summary>The listener of an endpoint or of a connection.</summary>
internal sealed record BelongsTo(Listener Listener);

/// <summary>
/// Every endpoint belongs to one listener and does not exist on the others. An endpoint without a listener does not exist at all.
/// </summary>
internal static class Listeners
{
    public static T OnListener<T>(this T endpoints, Listener listener)
        where T : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new BelongsTo(listener));

    public static Listener Listener(this HttpContext context) =>
        context.Features.Get<BelongsTo>()?.Listener ?? throw new InvalidOperationException("The connection belongs to no listener.");

    /// <summary>The endpoint's listener, or null if it exists on none.</summary>
    public static Listener? Listener(this Endpoint endpoint) => endpoint.Metadata.GetMetadata<BelongsTo>()?.Listener;

    /// <summary>The name by which documents and operations that exist on both listeners are told apart.</summary>
    public static string NameOf(Listener listener) => listener == Http.Listener.Edge ? "edge" : "internal";

    public static void Mark(this ListenOptions options, Listener listener)
    {
        var belongs = new BelongsTo(listener);
        options.Use(next => connection =>
        {
            connection.Features.Set(belongs);
            return next(connection);
        });
    }

    /// <summary>
    /// Filters the endpoints of a path by listener before any other policy sees them, so that 405 with its <c>Allow</c> and 415 are only sent if the
    /// path exists on this listener, and consider only the endpoints that exist on it.
    /// </summary>
    internal sealed class Policy : MatcherPolicy, INodeBuilderPolicy
    {
        /// <summary>Before the framework's own policies, of which the first is that for methods, at -1000.</summary>
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
