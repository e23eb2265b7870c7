using System.Net;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Apps;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>The folder in which apps find their tokens.</summary>
public sealed class TokenFileTests(TestPostgres postgres) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string folder = Path.Combine(Directory.CreateTempSubdirectory("peerregistry-tokens-").FullName, "tokens");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);

    [Fact]
    public async Task Each_app_finds_its_valid_token_until_it_is_removed()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var process = await zone.Move("Ada", arguments: [$"--Apps:TokenDirectory={folder}"]);
        await process.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Bea"));
        var bea = process.Services.GetRequiredService<IPortalSnapshots>().All.Single(portal => portal.Portal.Id != process.Id).Portal;
        await Register(process, process.Id, "notes");
        await Register(process, bea.Id, "notes");
        using var inner = new HttpClient { BaseAddress = process.Internal };
        foreach (var (file, portal) in new[] { ("notes", process.Id), ($"notes.{bea.Id.Short}", bea.Id) })
        {
            await Eventually.Holds(() => File.Exists(PathOf(file)));
            Assert.Equal(OwnerOnly, ModeOf(file));
            Assert.Equal(portal.Value, await PortalOf(inner, TokenIn(file)));
        }

        // The same file has the new token: what was opened, or mounted, before sees it.
        using (var open = new StreamReader(PathOf("notes")))
        {
            var token = await process.Send(new IssueAppToken(process.Id, "notes"));
            Assert.Equal(token, (await open.ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd('\n'));
            Assert.Equal(process.Id.Value, await PortalOf(inner, token));
        }

        // A file that was spoilt or replaced by a link gets another token, and what the link leads to is left alone.
        var elsewhere = Path.Combine(Path.GetDirectoryName(folder)!, "elsewhere");
        await File.WriteAllTextAsync(elsewhere, TokenIn("notes") + "\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(elsewhere, OwnerOnly);
        var before = await File.ReadAllTextAsync(elsewhere, TestContext.Current.CancellationToken);
        File.Delete(PathOf("notes"));
        File.CreateSymbolicLink(PathOf("notes"), elsewhere);
        await Eventually.Holds(() => new FileInfo(PathOf("notes")) is { Exists: true, LinkTarget: null });
        Assert.Equal(before, await File.ReadAllTextAsync(elsewhere, TestContext.Current.CancellationToken));
        Assert.Equal(process.Id.Value, await PortalOf(inner, TokenIn("notes")));

        await File.WriteAllTextAsync(PathOf("README"), "The owner's.", TestContext.Current.CancellationToken);
        await process.Send(new RemoveApp(bea.Id, "notes"));
        await Eventually.Holds(() => !File.Exists(PathOf($"notes.{bea.Id.Short}")));
        Assert.Equal(["README", "notes"], Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_that_cannot_be_used_is_refused_with_the_reason()
    {
        Assert.Null(new TokenFolder(folder).Fault());
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));

        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupWrite);
        Assert.Contains("chmod go-w", new TokenFolder(folder).Fault(), StringComparison.Ordinal);
        File.WriteAllText(folder + ".txt", "");
        Assert.Contains("is a file", new TokenFolder(folder + ".txt").Fault(), StringComparison.Ordinal);
        Assert.Contains("cannot be written to", new TokenFolder(Path.Combine(folder + ".txt", "below")).Fault(), StringComparison.Ordinal);

        var both = new RegistryOptions { Apps = new() { TokenDirectory = folder }, Cluster = new() { Enabled = true } };
        Assert.Contains(new RegistryOptionsValidator().Validate(both).Errors,
            error => error.ErrorMessage.StartsWith("Apps__TokenDirectory works with one node only", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_registry_does_not_start_with_a_folder_that_others_may_write_to()
    {
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);
        await using var zone = await Neighbourhood.Start(postgres);
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => zone.Move("Ada", arguments: [$"--Apps:TokenDirectory={folder}"]));
        Assert.Contains("Apps__TokenDirectory", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_noticed_before_a_token_is_issued()
    {
        Assert.Null(new TokenFolder(folder).Fault());
        Directory.CreateDirectory(PathOf("notes"));
        Assert.Throws<IOException>(() => new TokenFolder(folder).Open("notes"));
    }

    private static Task<RegisteredApp> Register(LivePortal process, PortalId portal, string name) => process.Send(new RegisterApp(
        portal, name, System.Text.Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{name}}","paths":{"":{"access":"private"} } }""")));

    private static async Task<string?> PortalOf(HttpClient inner, string token)
    {
        var self = await inner.Get("/protected/self", HttpCalls.Bearer(token));
        return self.Status == HttpStatusCode.OK ? self.Json.GetProperty("id").GetString() : null;
    }

    private string PathOf(string name) => Path.Combine(folder, name);

    private string TokenIn(string name) => File.ReadAllText(PathOf(name)).TrimEnd('\n');

    private UnixFileMode ModeOf(string name) => File.GetUnixFileMode(PathOf(name));
}
