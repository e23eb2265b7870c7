using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using PeerRegistry.Api.Tests.Originals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The whole program as its owner knows it: started, stopped, killed, started again.</summary>
public sealed class ProcessLifeTests : IDisposable
{
    private static readonly HttpClient Http = new();

    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task Stops_within_ten_seconds_with_all_that_it_started_and_is_the_same_Portal_next_time(PosixSignal signal)
    {
        string portal;
        await using (var first = await RegistryProcess.Start(data.Directory))
        {
            portal = first.Portal;
            Assert.Equal(portal, await WhoAreYou(first.Edge));
            Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync($"{first.Edge}/health/ready")).StatusCode);
            Assert.NotEmpty(data.Processes);
            using var idle = await Http.GetAsync($"{first.Edge}/health/live", HttpCompletionOption.ResponseHeadersRead);

            var (took, code) = await first.Stop(signal);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
            Assert.Equal(0, code);
            Assert.Empty(data.Processes);
        }

        await using var second = await RegistryProcess.Start(data.Directory);
        Assert.Equal(portal, await WhoAreYou(second.Edge));
    }

    [Fact]
    public async Task A_second_registry_on_the_same_data_directory_is_refused_and_the_first_does_not_notice()
    {
        await using var first = await RegistryProcess.Start(data.Directory);
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, []);
        Assert.Equal(1, code);
        Assert.Empty(said);
        Assert.Contains("Another registry is running on the data directory", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(first.Portal, await WhoAreYou(first.Edge));
    }

    [Fact]
    public async Task Two_run_side_by_side()
    {
        using var otherData = new TemporaryData();
        await using var one = await RegistryProcess.Start(data.Directory);
        await using var other = await RegistryProcess.Start(otherData.Directory);
        Assert.NotEqual(await WhoAreYou(one.Edge), await WhoAreYou(other.Edge));

        await one.Stop();
        Assert.Equal(other.Portal, await WhoAreYou(other.Edge));
        Assert.Empty(data.Processes);
        Assert.NotEmpty(otherData.Processes);
    }

    [Fact]
    public async Task A_killed_server_comes_back_under_a_running_registry()
    {
        await using var registry = await RegistryProcess.Start(data.Directory);
        using (var server = Process.GetProcessById(data.Processes.First()))
            server.Kill();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await Status($"{registry.Edge}/health/ready") != HttpStatusCode.OK || !data.Processes.Any())
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
        await registry.Stop();
        Assert.Empty(data.Processes);
    }

    [Fact]
    public async Task With_a_database_configured_it_starts_none()
    {
        await using var postgres = new TestPostgres();
        await postgres.InitializeAsync();
        var database = await postgres.CreateDatabase();
        string portal;
        await using (var registry = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", database)))
        {
            portal = registry.Portal;
            Assert.Empty(data.Processes);
            Assert.False(Path.Exists(Path.Combine(data.Directory, "postgres")));
        }

        await using var again = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", database));
        Assert.Equal(portal, again.Portal);
    }

    [Fact]
    public async Task Every_fault_of_the_configuration_is_named_at_once_and_nothing_is_started()
    {
        var (code, said, errors) = await RegistryProcess.Run(
            data.Directory,
            [],
            ("ConnectionStrings__Registry", "Hots=nowhere"),
            ("Portal__KeyType", "dsa"),
            ("Portal__PublicPort", "many"),
            ("Portal__Zone", "Not A Zone"),
            ("Portal__Nmae", "typo"),
            ("Listen__Edge", "https://example.org"),
            ("Peering__Resolve", "unnumbered"),
            ("Peering__Resolve__0", "half"),
            ("Peering__AllowPrivateAddresses", "perhaps"),
            ("Peering__AllowedNetworks__0", "192.168.1.0/33"),
            ("Edge__TrustedProxies__0", "everybody"),
            ("Vault__MasterKeyFile", "/nowhere/master.key"));
        Assert.Equal(1, code);
        Assert.Empty(said);
        Assert.Equal(
            [
                "ConnectionStrings__Registry", "Edge__TrustedProxies__0", "Listen__Edge", "Peering__AllowPrivateAddresses", "Peering__AllowedNetworks__0",
                "Peering__Resolve", "Peering__Resolve__0", "Portal__KeyType",
                "Portal__Nmae", "Portal__PublicPort", "Portal__Zone", "Vault__MasterKeyFile",
            ],
            errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(data.Directory));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_reported_in_one_line()
    {
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, [], ("ConnectionStrings__Registry", "Host=127.0.0.1;Port=1;Username=x;Timeout=2"));
        Assert.Equal(1, code);
        Assert.Empty(said);
        Assert.Contains("127.0.0.1:1", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_Portal_can_be_added_whether_or_not_the_registry_is_running(bool running)
    {
        string edge;
        string added;
        await using (var first = await RegistryProcess.Start(data.Directory))
        {
            if (!running)
                await first.Stop();
            var (code, said, errors) = await RegistryProcess.Run(data.Directory, ["portal", "add", "--name", "Second"]);
            Assert.True(code == 0, errors);
            added = said[^1].Split(' ')[1];
            Assert.NotEqual(first.Portal, added);
            edge = first.Edge;
            if (running)
                await Until(async () => await WhoAreYou(edge, $"{added[..6]}.portal.localhost") == added);
            else
                Assert.Empty(data.Processes);
        }

        await using var next = await RegistryProcess.Start(data.Directory);
        Assert.NotEqual(added, next.Portal);
        Assert.Equal(added, await WhoAreYou(next.Edge, $"{added[..6]}.portal.localhost"));
        Assert.Equal(next.Portal, await WhoAreYou(next.Edge, $"{next.Portal[..6]}.portal.localhost"));
    }

    [Fact]
    public async Task An_original_is_imported_from_its_folder_and_answers_as_itself()
    {
        using var folder = new OriginalFolder();
        string[] import = ["portal", "import", folder.Path, "--visibility", "all"];
        var (code, said, errors) = await RegistryProcess.Run(data.Directory, [.. import, "--dry-run"]);
        Assert.True(code == 0, errors);
        Assert.Equal($"PORTAL {folder.Id} {folder.Id.Short}.portal.localhost", said[0]);
        Assert.Contains($"  peer {folder.Peer.Short} Ben", said);
        Assert.StartsWith("DRY RUN", said[^1], StringComparison.Ordinal);

        (code, said, errors) = await RegistryProcess.Run(data.Directory, import);
        Assert.True(code == 0, errors);
        Assert.StartsWith("PAIR http://", said[^2], StringComparison.Ordinal);
        (code, _, errors) = await RegistryProcess.Run(data.Directory, import);
        Assert.Equal((1, $"Portal {folder.Id.Short} is in this registry already. (portal_exists)"), (code, errors.Trim()));

        await using var registry = await RegistryProcess.Start(data.Directory);
        Assert.Equal(folder.Id.Value, registry.Portal);
        Assert.Equal(folder.Id.Value, await WhoAreYou(registry.Edge, $"{folder.Id.Short}.portal.localhost"));
    }

    private static async Task Until(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!await holds())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
    }

    private static async Task<HttpStatusCode?> Status(string url)
    {
        using var answer = await Http.GetAsync(url);
        return answer.StatusCode;
    }

    private static async Task<string?> WhoAreYou(string edge, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{edge}/core/public/meta/whoareyou") { Headers = { Host = host } };
        using var answer = await Http.SendAsync(request);
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString() : null;
    }
}
