using System.Text.Json;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Store.Contract;

public sealed class RowJsonTests
{
    [Fact]
    public void Rows_read_back_as_they_were_written()
    {
        var rule = new AccessRule("", Access.Private, new Dictionary<string, string> { ["X-Ptl-Id"] = "{{ id }}" });
        var app = new AppRow("notes", new AppMeta("notes", "Notes", [rule]), Visibility.Some([Given.Portal()]), DateTimeOffset.UnixEpoch);
        AssertReadsBack(app);
        AssertReadsBack(new DeviceRow("d1", "phone", DateTimeOffset.UnixEpoch));
    }

    private static void AssertReadsBack<T>(T row)
    {
        var json = JsonSerializer.Serialize(row, RegistryJson.Options);
        Assert.Equal(row, JsonSerializer.Deserialize<T>(json, RegistryJson.Options));
        Assert.Contains("\"name\"", json, StringComparison.Ordinal);
    }
}
