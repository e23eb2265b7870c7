using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

/// <summary>The response if the database is needed and not available: 503 <c>database_unavailable</c>.</summary>
public static class DatabaseUnavailable
{
    public const string Code = "database_unavailable";

    public static RefusedException Refusal() =>
        new(RefusalKind.Unavailable, Code, "The database of this Portal cannot be reached just now. Try again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
}
