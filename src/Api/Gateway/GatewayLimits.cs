using System.Threading.RateLimiting;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Gateway;

/// <param name="Client">A device, a peer, or the network of an anonymous caller.</param>
internal readonly record struct GatewayCaller(AppPlace App, string Client)
{
    /// <summary>Leaves the Portal's long ID out, which would cost more to hash than it tells apart.</summary>
    public override int GetHashCode() => HashCode.Combine(App.App, Client);
}

/// <summary>How many requests an app and a caller may have at the same time, and how often a caller may ask.</summary>
internal sealed class GatewayLimits(RegistryOptions options) : IDisposable
{
    private const int Burst = 5;

    private readonly PartitionedRateLimiter<GatewayCaller> limiter = PartitionedRateLimiter.CreateChained(
        PartitionedRateLimiter.Create<GatewayCaller, AppPlace>(caller => RateLimitPartition.GetConcurrencyLimiter(
            caller.App, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Gateway.PerApp })),
        PartitionedRateLimiter.Create<GatewayCaller, GatewayCaller>(caller => RateLimitPartition.GetConcurrencyLimiter(
            caller, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Gateway.PerCaller })),
        PartitionedRateLimiter.Create<GatewayCaller, GatewayCaller>(caller => RateLimitPartition.GetTokenBucketLimiter(
            caller, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = Burst * options.Gateway.Rate,
                TokensPerPeriod = options.Gateway.Rate,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            })));

    /// <returns>To be disposed of at the end of the request.</returns>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public RateLimitLease Enter(in GatewayCaller caller)
    {
        var lease = limiter.AttemptAcquire(caller);
        if (lease.IsAcquired)
            return lease;

        lease.Dispose();
        throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Too many requests to this app are under way. Wait a moment and try again.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
    }

    public void Dispose() => limiter.Dispose();
}
