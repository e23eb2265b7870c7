using System.Net.Http.Headers;

namespace PeerRegistry.Application.Common;

public static class RetryAfter
{
    /// <summary>How long the sender of <c>Retry-After</c> asks to wait (RFC 9110, section 10.2.3: seconds or a date). Null without the field.</summary>
    public static TimeSpan? Pause(this RetryConditionHeaderValue? field, TimeProvider clock) => field?.Delta ?? field?.Date - clock.GetUtcNow();
}
