using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Domain.Specs.Devices;

public sealed class DeviceSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);

    private static Device? Paired => Device.Evolve(null, new DevicePaired("d1", "Laptop"), At);

    [Fact]
    public void A_device_is_paired_renamed_and_revoked()
    {
        Assert.Equal([new DevicePaired("d1", "Laptop")], Device.Pair(null, "d1", "Laptop"));
        Assert.Equal([new DeviceRenamed("d1", "Desk")], Device.Rename(Paired, "d1", "Desk"));
        Assert.Empty(Device.Rename(Paired, "d1", "Laptop"));
        Assert.Equal([new DeviceRevoked("d1")], Device.Revoke(Paired, "d1"));
    }

    [Fact]
    public void A_paired_id_is_not_paired_again() =>
        Assert.Throws<InvalidOperationException>(() => Device.Pair(Paired, "d1", "Laptop"));

    [Fact]
    public void A_revoked_device_is_unknown()
    {
        var revoked = Device.Evolve(Paired, new DeviceRevoked("d1"), At);
        Assert.Equal("device_unknown", Assert.Throws<RefusedException>(() => Device.Revoke(revoked, "d1")).Code);
        Assert.Equal("device_unknown", Assert.Throws<RefusedException>(() => Device.Rename(revoked, "d1", "x")).Code);
    }
}
