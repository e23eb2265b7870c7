using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Domain.Specs.Devices;

public sealed class RecoverySheetSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);

    private static RecoverySheet? Made => RecoverySheet.Evolve(null, new RecoverySheetMade("s1"), At);

    [Fact]
    public void A_new_sheet_replaces_the_one_before()
    {
        Assert.Equal([new RecoverySheetMade("s1")], RecoverySheet.Make(null, "s1"));
        Assert.Equal([new RecoverySheetRevoked("s1"), new RecoverySheetMade("s2")], RecoverySheet.Make(Made, "s2"));
    }

    [Fact]
    public void A_sheet_is_used_once()
    {
        Assert.Equal([new RecoverySheetUsed("s1", "d1")], RecoverySheet.Use(Made, "s1", "d1"));
        var used = RecoverySheet.Evolve(Made, new RecoverySheetUsed("s1", "d1"), At);
        Assert.Equal("code_invalid", Assert.Throws<RefusedException>(() => RecoverySheet.Use(used, "s1", "d2")).Code);
        Assert.Equal("code_invalid", Assert.Throws<RefusedException>(() => RecoverySheet.Use(Made, "s0", "d2")).Code);
    }

    [Fact]
    public void A_sheet_that_was_used_or_revoked_is_gone()
    {
        Assert.Equal([new RecoverySheetRevoked("s1")], RecoverySheet.Revoke(Made));
        Assert.Null(RecoverySheet.Evolve(Made, new RecoverySheetRevoked("s1"), At));
        Assert.Equal("recovery_sheet_unknown", Assert.Throws<RefusedException>(() => RecoverySheet.Revoke(null)).Code);
    }
}
