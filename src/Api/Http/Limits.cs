using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>The names of the rate limits for public endpoints. Requests above them get 429 <c>rate_limited</c> with <c>Retry-After</c>.</summary>
internal static class Limits
{
    /// <summary>Sixty requests a minute per address.</summary>
    public const string AppSessions = nameof(AppSessions);

    public static IServiceCollection AddLimits(this IServiceCollection services)
    {
        return services.AddRateLimiter(options =>
        {
            options.AddPolicy(AppSessions, context => PerMinute(context, 60));
            options.OnRejected = (rejected, _) => throw new RefusedException(
                RefusalKind.TooMany, "rate_limited", "Too many requests from this address. Wait a moment and try again.")
            {
                RetryAfter = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1),
            };
        });
    }

    private static RateLimitPartition<IPAddress> PerMinute(HttpContext context, int tries) => RateLimitPartition.GetFixedWindowLimiter(
        context.RequestServices.GetRequiredService<CallerAddress>().Of(context),
        _ => new FixedWindowRateLimiterOptions { PermitLimit = tries, Window = TimeSpan.FromMinutes(1), QueueLimit = 0 });
}
