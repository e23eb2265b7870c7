using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Devices;

/// <summary>
/// A sheet of paper with a code that pairs one device, for the day on which no paired device is left. A Portal has at most one: a new one replaces
/// it, and it is gone once it is used or revoked. Its code is stored as a hash, outside the events.
/// </summary>
public sealed record RecoverySheet(string Id, DateTimeOffset MadeAt) : IAggregate<RecoverySheet, RecoveryEvent>
{
    public const string Stream = "recovery";

    public static RecoverySheet? Evolve(RecoverySheet? sheet, RecoveryEvent happened, DateTimeOffset at) => happened switch
    {
        RecoverySheetMade e => new RecoverySheet(e.Id, at),
        RecoverySheetUsed or RecoverySheetRevoked => null,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<RecoveryEvent> Make(RecoverySheet? present, string id) =>
        present is null ? [new RecoverySheetMade(id)] : [new RecoverySheetRevoked(present.Id), new RecoverySheetMade(id)];

    /// <exception cref="RefusedException"><c>code_invalid</c>: it was used, revoked or replaced.</exception>
    public static IReadOnlyList<RecoveryEvent> Use(RecoverySheet? present, string id, string device) => present?.Id == id
        ? [new RecoverySheetUsed(id, device)]
        : throw new RefusedException(RefusalKind.NotAuthenticated, "code_invalid",
            "The code of this recovery sheet has been used or replaced. Use a newer sheet, or a paired device.");

    /// <exception cref="RefusedException"><c>recovery_sheet_unknown</c></exception>
    public static IReadOnlyList<RecoveryEvent> Revoke(RecoverySheet? present) => present is { Id: var id }
        ? [new RecoverySheetRevoked(id)]
        : throw new RefusedException(RefusalKind.NotFound, "recovery_sheet_unknown", "There is no recovery sheet.");
}
