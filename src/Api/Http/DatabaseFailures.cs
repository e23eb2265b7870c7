using System.Data.Common;

namespace PeerRegistry.Api.Http;

/// <summary>Tells failures of the database to answer, which pass, from requests that it answered with an error, which are our mistakes.</summary>
internal static class DatabaseFailures
{
    /// <summary>Read-only: the connection leads to a standby, as it may for a moment when one takes over.</summary>
    private const string ReadOnlyTransaction = "25006";

    /// <summary>
    /// True where the connection broke, could not be made or timed out, and for SQLSTATE classes 08 (connection), 53 (out of
    /// resources), 57P (shutting down, starting) and 58 (its system failed).
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
