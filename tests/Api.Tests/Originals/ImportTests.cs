using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Originals;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Originals;

/// <summary>Taking over a Portal of the original core from its data folder.</summary>
public sealed class ImportTests(TwoPortals portals) : IClassFixture<TwoPortals>, IDisposable
{
    private readonly OriginalFolder folder = new();

    private IPortalSnapshots Snapshots => portals.Ada.Services.GetRequiredService<IPortalSnapshots>();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task An_original_is_taken_over_with_its_identity_and_what_belongs_to_it()
    {
        var before = folder.Files();
        var plan = await Import(areAllVisible: true);
        Assert.Equal(before, folder.Files());

        var portal = Snapshots.Find(folder.Id)!;
        Assert.Equal(("Anna Čapková", $"{folder.Id.Short}.{Neighbourhood.Zone}", "anna@example.org", false, "I keep **bees**."),
            (portal.Portal.Name, portal.Portal.Domain, portal.Portal.Email, portal.Portal.EmailPublic, portal.Portal.Description));
        Assert.NotNull(await portals.Ada.Services.GetRequiredService<IAvatars>().Read(folder.Id, TestContext.Current.CancellationToken));
        Assert.Equal(["zzzzzz", folder.Peer.Short.Value], portal.Peers.Keys.Select(id => id.Value).OrderDescending(StringComparer.Ordinal));
        var ben = portal.Peers[folder.Peer.Short];
        Assert.Equal(
            (folder.PeerKey, "Ben", PeerVerification.FirstUse, PeerStatus.Pending, true),
            (ben.Key, ben.ClaimedName, ben.Verification, ben.Status, ben.Listed));
        Assert.Equal("Anna's notebook", portal.Devices["a1b2c3"].Name);
        Assert.Empty(portal.Credentials);
        Assert.Equal(VisibilityMode.All, Assert.Single(portal.Apps).Value.Visibility.Mode);
        Assert.Equal((0, 0, 0), Snapshots.Find(folder.SecondId) is { } second ? (second.Peers.Count, second.Apps.Count, second.Devices.Count) : default);
        Assert.Equal(
            ["peer " + folder.Id.Short, "peer aaaaaa", "terminal without a name", "app broken"],
            plan.LeftOut.Select(left => left.What.Replace("../../", "without a name", StringComparison.Ordinal)));

        using var client = new HttpClient { BaseAddress = portals.Ada.Edge };
        var said = await client.Get("/core/public/meta/whoareyou?challenge=AAAAAAAAAAAAAAAAAAAAAA", ("Host", portal.Portal.Domain));
        Assert.Equal(folder.Id.Value, said.Json.GetProperty("id").GetString());
        Assert.NotEmpty(said.Header("Signature")!);

        Assert.Equal("portal_exists", (await Assert.ThrowsAsync<RefusedException>(() => Import(areAllVisible: true))).Code);
    }

    [Fact]
    public async Task A_dry_run_stores_nothing_and_visibility_has_to_be_chosen()
    {
        Assert.Equal("visibility_required", (await Assert.ThrowsAsync<RefusedException>(() => Import(areAllVisible: null))).Code);
        var plan = await Import(areAllVisible: false, isDryRun: true);
        Assert.Equal([folder.Id, folder.SecondId], plan.Portals.Select(portal => portal.Id));
        Assert.Equal(["notes"], plan.Portals[0].Apps.Select(app => app.Name));
        Assert.Null(Snapshots.Find(folder.Id));

        await Import(areAllVisible: false);
        Assert.Equal(VisibilityMode.None, Snapshots.Find(folder.Id)!.Apps["notes"].Visibility.Mode);
    }

    [Theory]
    [InlineData("no folder", "import_source_missing")]
    [InlineData("no JSON", "import_source_invalid")]
    [InlineData("no table", "import_source_invalid")]
    [InlineData("wrong type", "import_source_invalid")]
    [InlineData("no identity", "import_source_invalid")]
    [InlineData("no key", "import_key_invalid")]
    [InlineData("key of another", "import_key_invalid")]
    public async Task Broken_input_is_refused_and_stores_nothing(string broken, string code)
    {
        var identities = (JsonArray)folder.Tables["identities"]!;
        switch (broken)
        {
            case "no folder":
                Directory.Delete(Path.Combine(folder.Path, "core"), recursive: true);
                break;
            case "no JSON":
                folder.Write("db_snapshot.json", "{"u8.ToArray());
                break;
            case "no table":
                folder.Tables.Remove("peers");
                folder.WriteTables();
                break;
            case "wrong type":
                identities[0]!["is_default"] = "yes";
                folder.WriteTables();
                break;
            case "no identity":
                identities.Clear();
                folder.WriteTables();
                break;
            case "no key":
                identities[0]!["private_key"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
                folder.WriteTables();
                break;
            default:
                identities[0]!["private_key"] = identities[1]!["private_key"]!.GetValue<string>();
                folder.WriteTables();
                break;
        }

        var refused = await Assert.ThrowsAsync<RefusedException>(() => Import(areAllVisible: true));
        Assert.Equal(code, refused.Code);
        Assert.DoesNotContain("PRIVATE KEY", refused.Message, StringComparison.Ordinal);
        Assert.Null(Snapshots.Find(folder.Id));
        Assert.Null(Snapshots.Find(folder.SecondId));
    }

    private Task<OriginalPlan> Import(bool? areAllVisible, bool isDryRun = false) =>
        portals.Ada.Send(new ImportOriginal(folder.Path, Neighbourhood.Zone, areAllVisible, EmailPublic: false, isDryRun));
}
