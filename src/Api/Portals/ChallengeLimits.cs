using System.Net;
using System.Threading.RateLimiting;
using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>
/// Limits signed answers for strangers, which cost work: 5 a second per address, and 20 a second in all for an RSA key, with which a signature
/// takes milliseconds.
/// </summary>
internal sealed class ChallengeLimits(CallerAddress addresses) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly PartitionedRateLimiter<IPAddress> each = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address => RateLimitPartition.GetFixedWindowLimiter(address, _ => PerWindow(5)));

    private readonly FixedWindowRateLimiter all = new(PerWindow(20));

    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public void Take(HttpContext context, KeyKind kind)
    {
        using var one = each.AttemptAcquire(addresses.Of(context));
        using var any = kind == KeyKind.Rsa && one.IsAcquired ? all.AttemptAcquire() : null;
        if (!one.IsAcquired || any is { IsAcquired: false })
            throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Too many challenges at once.") { RetryAfter = Window };
    }

    public void Dispose()
    {
        each.Dispose();
        all.Dispose();
    }

    private static FixedWindowRateLimiterOptions PerWindow(int permits) => new() { PermitLimit = permits, Window = Window };
}
