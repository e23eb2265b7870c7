using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.SignedCalls;

/// <summary>Counts the deferred calls of apps that wait or whose result is kept, and their bytes.</summary>
internal sealed class KeptCalls
{
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(PortalId Portal, string App), (long Calls, long Bytes)> byApp = [];

    public void Add((PortalId Portal, string App) app, long bytes, long calls = 1)
    {
        var (known, size) = byApp.GetValueOrDefault(app);
        byApp[app] = (known + calls, size + bytes);
    }

    /// <returns>Null if there is room for one more call.</returns>
    public RefusedException? Refusal(RegistryOptions.CallsOptions limits, (PortalId Portal, string App) app, long bytes)
    {
        var (calls, size) = byApp.GetValueOrDefault(app);
        return calls >= limits.DeferredPerApp || size + bytes > limits.DeferredBytesPerApp
            || byApp.Where(other => other.Key.Portal == app.Portal).Sum(other => other.Value.Calls) >= limits.DeferredPerPortal
            ? new(RefusalKind.TooMany, "too_many_calls", "Too many calls wait or have a result that is kept. Delete those that are not needed.") { RetryAfter = Wait }
            : null;
    }
}
