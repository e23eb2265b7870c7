using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Backup;

/// <summary>A restore writes all or nothing, and only into an empty place.</summary>
public sealed class RestoreTests(TestPostgres postgres) : IAsyncLifetime
{
    private BackupRig source = null!;
    private BackupRig target = null!;
    private PortalId portal;

    public async ValueTask InitializeAsync()
    {
        (source, target) = (new BackupRig(await postgres.CreateDatabase()), new BackupRig(await postgres.CreateDatabase()));
        portal = await source.CreatePortal();
        await source.Make();
    }

    public ValueTask DisposeAsync()
    {
        source.Dispose();
        target.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_restored_database_is_that_of_the_file_and_needs_no_change_at_the_next_start()
    {
        Assert.Equal([portal.Value], (await target.Restore(source.File)).Portals);
        Assert.Equal(File.ReadAllBytes(Path.Combine(source.Data, "master.key")), File.ReadAllBytes(Path.Combine(target.Data, "master.key")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(target.Data, "master.key")));
        await target.Start();
        Assert.Empty(await target.Differences());
        Assert.Equal((await source.Make()).Tables, (await target.Make()).Tables);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_restore_the_replay_guard_is_cold_on_one_node_and_on_several(bool cluster)
    {
        await target.Restore(source.File);
        Assert.Equal("guard_cold", await target.Remember(TimeSpan.FromSeconds(-1), cluster));
        Assert.Null(await target.Remember(TimeSpan.FromSeconds(60), cluster));
    }

    [Fact]
    public async Task A_file_that_is_refused_leaves_the_place_as_it_was()
    {
        var bytes = await File.ReadAllBytesAsync(source.File);
        await Refused("passphrase_wrong", bytes, "another four words");
        await Refused("backup_damaged", bytes[..^1]);
        await Refused("backup_foreign", [1, 2, 3]);
        bytes[^20] ^= 1;
        await Refused("backup_damaged", bytes);

        async Task Refused(string code, byte[] file, string phrase = BackupRig.Phrase)
        {
            await File.WriteAllBytesAsync(target.File, file);
            Assert.Equal(code, await target.Refusal(() => target.Restore(target.File, phrase)));
            Assert.False(Directory.Exists(target.Data));
            Assert.False(await target.HasSchema());
        }
    }

    [Fact]
    public async Task A_place_that_is_not_empty_is_refused()
    {
        Directory.CreateDirectory(target.Data);
        await File.WriteAllTextAsync(Path.Combine(target.Data, "a.txt"), "");
        Assert.Equal("restore_place_taken", await target.Refusal(() => target.Restore(source.File)));
        File.Delete(Path.Combine(target.Data, "a.txt"));

        await target.CreatePortal();
        Assert.Equal("restore_place_taken", await target.Refusal(() => target.Restore(source.File))); // another master key
        File.Delete(Path.Combine(target.Data, "master.key"));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => target.Restore(source.File));
        Assert.Equal("restore_place_taken", refused.Code);
        Assert.Contains("holds a registry already", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(target.Data, "master.key")));
        Assert.Empty(await target.Differences());
    }

    [Fact]
    public async Task A_restore_that_fails_half_way_leaves_nothing_and_can_be_run_again()
    {
        var passes = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(() => target.Restore(source.File, report: progress =>
        {
            if (progress.Table == "portal_keys" && ++passes == 2) // the first pass only verifies
                throw new OperationCanceledException();
        }));
        Assert.False(await target.HasSchema());
        Assert.False(File.Exists(Path.Combine(target.Data, "master.key")));
        await target.Restore(source.File);
        await target.Start();
    }

    [Fact]
    public async Task No_registry_starts_on_a_restore_that_was_killed_and_the_next_restore_begins_again()
    {
        await target.Execute("create schema registry; create table registry.restoring (since timestamptz); create table registry.half (a int)");
        var refused = await Assert.ThrowsAsync<StartRefusedException>(target.Start);
        Assert.Contains("./run restore", refused.Message, StringComparison.Ordinal);
        Assert.Equal("nothing_to_back_up", await target.Refusal(() => target.Make()));
        File.Delete(Path.Combine(target.Data, "master.key"));

        await target.Restore(source.File);
        await target.Start();
        Assert.Empty(await target.Differences());
    }

    [Fact]
    public async Task A_file_of_an_earlier_schema_is_migrated_at_the_next_start()
    {
        await source.Execute("drop table registry.invites; delete from registry.migrations where number = 41");
        await source.Make();
        await target.Restore(source.File);
        Assert.Equal(["Migration 0041_invites was not applied."], await target.Differences());
        await target.Start();
        Assert.Empty(await target.Differences());
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_not_backed_up()
    {
        await source.Execute("insert into registry.migrations (number, name, checksum) values (9999, 'later', 'a')");
        Assert.Equal("backup_newer", await source.Refusal(() => source.Make()));
        Assert.Equal([source.File], Directory.GetFiles(Path.GetDirectoryName(source.File)!)); // the one from before
    }

    [Fact]
    public async Task A_backup_replaces_a_backup_and_no_other_file()
    {
        await source.Make();
        var other = Path.Combine(Path.GetDirectoryName(source.File)!, "diary.txt");
        await File.WriteAllTextAsync(other, "Dear diary");
        Assert.Equal("file_taken", await source.Refusal(() => source.Make(other)));
        Assert.Equal("Dear diary", await File.ReadAllTextAsync(other));
        Assert.Equal("passphrase_short", await source.Refusal(() => source.Run((f, _, progress) => new Application.Backup.MakeBackup(f, "short", progress))));
    }

    [Fact]
    public async Task Every_table_is_in_the_file_or_made_anew()
    {
        var made = (await source.Make()).Tables.Select(t => t.Name).ToHashSet();
        Assert.Superset(
            new HashSet<string>
            {
                "avatars", "credential_revisions", "credentials", "form_keys", "invites", "mt_events", "mt_streams", "peer_contacts", "peer_profiles",
                "peering_offers", "portal_keys",
            },
            made);
        Assert.DoesNotContain(made, name => name.StartsWith("wolverine", StringComparison.Ordinal) || name.EndsWith("_list", StringComparison.Ordinal)
            || name is "replay_guard" or "migrations");
    }
}
