using System.Data.Common;

namespace PeerRegistry.Api.Http;

/// <summary>Distinguishes temporary failures of the database from errors that it reports about our statements, which are bugs.</summary>
internal static class DatabaseFailures
{
    /// <summary>The SQLSTATE of a read-only server: during a failover, a connection may briefly lead to a standby.</summary>
    private const string ReadOnlyTransaction = "25006";

    /// <summary>
    /// Whether the connection broke, could not be opened or timed out, or the SQLSTATE is of class 08 (connection), 53 (out of resources),
    /// 57P (shutting down or starting) or 58 (system error).
    /// </summary>
    public static bool MeansUnavailable(Exception? failure) => failure switch
    {
        null => false,
        DbException { IsTransient: true } => true,
        DbException { SqlState: { } state } when IsOfTheServer(state) => true,
        _ => MeansUnavailable(failure.InnerException),
    };

    private static bool IsOfTheServer(string state) =>
        state is ['0', '8', ..] or ['5', '3', ..] or ['5', '7', 'P', ..] or ['5', '8', ..] || state == ReadOnlyTransaction;
}
