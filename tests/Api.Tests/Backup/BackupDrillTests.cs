using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Hosting;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Backup;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Backup;

/// <summary>
/// The drill: a Portal is backed up while it works, is lost, and is restored from the file on another machine. Its peer goes on talking to it.
/// </summary>
public sealed class BackupDrillTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string App = """{"v":"1.0","name":"mail","paths":{"":{"access":"private"},"/peer":{"access":"peer"}}}""";

    private static readonly (string, string) Phrase = ("Backup__Passphrase", "four quiet words here");

    private readonly string directory = Directory.CreateTempSubdirectory("peerregistry-drill-").FullName;
    private readonly ForwardAuth.TwoPortals portals = new(postgres);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private LivePortal Ada => portals.Ada;

    private LivePortal Bob => portals.Bob;

    public ValueTask InitializeAsync() => portals.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await portals.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_Portal_that_is_backed_up_under_load_is_restored_elsewhere_and_goes_on()
    {
        var token = await Furnish();
        using var owner = await Ada.Owner("Laptop");
        await Ada.Send(new MakeRecoverySheet(Ada.Id));
        var bob = TypedPortalId.Of(Bob.Id);

        using var done = new CancellationTokenSource();
        var writes = Task.Run(async () =>
        {
            for (var i = 0; !done.IsCancellationRequested; i++)
                await Ada.Send(new RenamePeer(Ada.Id, bob, $"Bob {i}"));
        });
        var file = Path.Combine(directory, "ada.backup");
        var before = await Events(owner);
        var made = await Run(Ada.Data, ["backup", file], Ada.Database);
        await done.CancelAsync();
        await writes;
        var later = await Events(owner);
        Assert.True(later.Count > before.Count + 10, "nothing was written meanwhile");
        Assert.Contains($"PORTAL {Ada.Id}", made);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal([file], Directory.GetFiles(directory));
        Assert.NotNull((await Ada.Send(new FindLastBackup())).MadeAt);

        var verified = await Run(Path.Combine(directory, "none"), ["backup", "verify", file], null);
        Assert.Equal(made[..^1], verified[..^1]);
        Assert.False(Directory.Exists(Path.Combine(directory, "none")));

        var (database, data) = (await portals.Zone.Postgres.CreateDatabase(), Path.Combine(directory, "restored"));
        await Run(data, ["restore", file], database);
        var (id, devices) = (Ada.Id, Ada.Snapshot.Devices.Keys.Order().ToList());
        var revision = await Revision();
        await Ada.MoveTo(database, data);

        Assert.Equal(id, Ada.Id);
        var restored = await Events(owner); // with the session of the device
        Assert.InRange(restored.Count, before.Count, later.Count);
        Assert.Equal(later.Take(restored.Count), restored);
        Assert.Equal(devices, Ada.Snapshot.Devices.Keys.Order());
        Assert.NotNull(Ada.Snapshot.Recovery);
        Assert.Equal(JsonSerializer.Deserialize<JsonElement>(restored.Last(e => e.Contains("peer_renamed", StringComparison.Ordinal)))
            .GetProperty("data").GetProperty("petname").GetString(), Ada.Sees(Bob)!.Name);
        Assert.NotNull((await Ada.Send(new FindLastBackup())).MadeAt);

        await Eventually.Holds(
            async () => !(await Ada.Contact(Bob)).Waiting && await Revision() > revision, () => Ada.Tells(Bob)); // Bob has been told again
        Assert.True(Bob.IsMutualWith(Ada) && Ada.IsMutualWith(Bob));
        _ = Ada.Services.GetRequiredService<IReplayGuard>(); // which is cold at first
        portals.Clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(HttpStatusCode.OK, await Call(Ada, token, Bob));
        Assert.Equal(HttpStatusCode.OK, await Call(Bob, await Bob.Send(new IssueAppToken(Bob.Id, "mail")), Ada));
        await Bob.Send(new RenamePeer(Bob.Id, TypedPortalId.Of(Ada.Id), "Ada again"));
        await Ada.Remove(Bob);
        await Eventually.Status(Bob, Ada, PeerStatus.Withdrawn);
        await Ada.Add(Bob);
        await Eventually.Mutual(Ada, Bob);
    }

    [Fact]
    public async Task What_happened_between_the_Portals_since_the_backup_is_found_out_without_a_call()
    {
        var file = Path.Combine(directory, "ada.backup");
        await Run(Ada.Data, ["backup", file], Ada.Database);
        await Bob.Remove(Ada);
        await Eventually.Status(Ada, Bob, PeerStatus.Withdrawn);

        var (database, data) = (await portals.Zone.Postgres.CreateDatabase(), Path.Combine(directory, "restored"));
        await Run(data, ["restore", file], database);
        await Ada.MoveTo(database, data);
        await Eventually.Status(Ada, Bob, PeerStatus.Withdrawn);
    }

    private async Task<long> Revision() =>
        (await Ada.Services.GetRequiredService<IPeerContacts>().Load(Ada.Id, Bob.Id.Short, Stop)).Contact.Revision;

    private async Task<string> Furnish()
    {
        foreach (var portal in new[] { Ada, Bob })
        {
            await portal.Send(new RegisterApp(portal.Id, "mail", Encoding.UTF8.GetBytes(App)));
            await portal.Send(new SetVisibility(portal.Id, "mail", VisibilityMode.All, []));
            portal.Apps["mail"] = context => context.Response.WriteAsync("here");
        }

        return await Ada.Send(new IssueAppToken(Ada.Id, "mail"));
    }

    private static async Task<HttpStatusCode> Call(LivePortal from, string token, LivePortal to)
    {
        using var app = new HttpClient { BaseAddress = from.Internal };
        app.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await app.GetAsync(new Uri($"/internal/call_peer/{to.Id}/peer", UriKind.Relative), Stop);
        return answer.StatusCode;
    }

    private static async Task<List<string>> Events(HttpClient owner)
    {
        var events = new List<string>();
        for (var after = 0L; ;)
        {
            var page = (await owner.Get($"/core/protected/events?limit=1000&after={after}")).Json.EnumerateArray().ToList();
            if (page.Count == 0)
                return events;
            events.AddRange(page.Select(e => JsonSerializer.Serialize(e)));
            after = page[^1].GetProperty("seq").GetInt64();
        }
    }

    /// <returns>Standard output.</returns>
    private static async Task<string[]> Run(string data, string[] words, string? database)
    {
        (string, string)[] settings = [Phrase, .. database is null ? [] : new[] { ("ConnectionStrings__Registry", database) }];
        var (code, said, errors) = await RegistryProcess.Run(data, words, settings);
        Assert.True(code == 0, errors);
        Assert.DoesNotContain(Phrase.Item2, errors, StringComparison.Ordinal);
        return [.. said];
    }
}
