using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>The deferred calls of one Portal that wait or whose result is kept, counted by app, with their bytes.</summary>
/// <param name="readAt">When they were counted. What is accepted afterwards is added.</param>
internal sealed class KeptCalls(DateTimeOffset readAt)
{
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Calls, long Bytes)> byApp = new(StringComparer.Ordinal);

    public DateTimeOffset ReadAt => readAt;

    public void Add(string app, long bytes, long calls = 1)
    {
        var (known, size) = byApp.GetValueOrDefault(app);
        byApp[app] = (known + calls, size + bytes);
    }

    /// <returns>Null if there is room for one more call of the app.</returns>
    public RefusedException? Refusal(RegistryOptions.CallsOptions limits, string app, long bytes)
    {
        var (calls, size) = byApp.GetValueOrDefault(app);
        return calls >= limits.DeferredPerApp || size + bytes > limits.DeferredBytesPerApp
            || byApp.Values.Sum(each => each.Calls) >= limits.DeferredPerPortal
            ? new(RefusalKind.TooMany, "too_many_calls", "Too many calls wait or have a result that is kept. Delete those that are not needed.") { RetryAfter = Wait }
            : null;
    }
}
