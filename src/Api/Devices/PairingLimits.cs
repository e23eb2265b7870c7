using System.Net;
using System.Threading.RateLimiting;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Devices;

/// <summary>
/// Limits guesses of pairing codes to 60 a minute per address and 300 a minute per Portal, so that neither many addresses nor forged ones help. A
/// guess with the selector of a live code is not limited here, because the code itself allows only five tries; otherwise an attacker could
/// prevent the owner from pairing. For the same reason the right code of the recovery sheet is not limited; nobody guesses 160 bits.
/// </summary>
internal sealed class PairingLimits(CallerAddress addresses, IPairingCodes codes, IPortalSnapshots snapshots) : IDisposable
{
    private const int PerAddress = 60;
    private const int PerPortal = 300;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly PartitionedRateLimiter<IPAddress> each = Limiter<IPAddress>(PerAddress);
    private readonly PartitionedRateLimiter<PortalId> all = Limiter<PortalId>(PerPortal);

    /// <param name="code">The code as it was typed.</param>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public async ValueTask Take(HttpContext context, PortalId portal, string? code, CancellationToken ct)
    {
        if (TypedPairingCode.TryParse(code, out var typed) && await codes.IsLive(portal, typed.Selector, ct))
            return;
        if (RecoveryCode.TryParse(code, out var recovery) && snapshots.Find(portal)?.RecoverySheetOf(recovery) is not null)
            return;

        using var one = each.AttemptAcquire(addresses.Of(context));
        using var any = one.IsAcquired ? all.AttemptAcquire(portal) : null; // an address above its own limit does not use up the Portal's limit
        if (any is { IsAcquired: true })
            return;

        throw new RefusedException(RefusalKind.TooMany, "rate_limited",
            "Too many wrong pairing codes. Wait a minute, or use the code that the owner was shown last.")
        {
            RetryAfter = (any ?? one).TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : Window,
        };
    }

    public void Dispose()
    {
        each.Dispose();
        all.Dispose();
    }

    private static PartitionedRateLimiter<T> Limiter<T>(int permits)
        where T : notnull =>
        PartitionedRateLimiter.Create<T, T>(key => RateLimitPartition.GetFixedWindowLimiter(
            key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = Window, QueueLimit = 0 }));
}
