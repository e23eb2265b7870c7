using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class SnapshotTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();
    private readonly TokenHash token = TokenHash.Of(Token.Create());
    private readonly TokenHash session = TokenHash.Of(Token.Create());
    private string database = null!;
    private Node node = null!;

    public async ValueTask InitializeAsync()
    {
        database = await postgres.CreateDatabase();
        node = await Node.Start(database);
        foreach (var (portal, name) in new[] { (a, "a"), (b, "b") })
            await node.Store.Append(new Changes(portal, Actor.System, [new("portal", 0, [new PortalCreated(portal, Given.Key(), "Example.Org", name)])]),
                Given.Soon);
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task An_append_shows_before_it_returns_and_only_in_its_own_Portal()
    {
        for (var version = 1; version <= 50; version++)
        {
            await Rename(a, version, $"name {version}");
            Assert.Equal($"name {version}", node.Snapshots.Find(a)!.Portal.Name);
        }

        Assert.Equal("b", node.Snapshots.Find(b)!.Portal.Name);
        Assert.Null(node.Snapshots.Find(Given.Portal()));
        Assert.Equal(2, node.Snapshots.All.Count);
    }

    [Fact]
    public void A_Portal_is_found_by_its_domain_and_by_its_apps_hosts()
    {
        Assert.Equal(a, node.Snapshots.FindByHost($"{a.Short}.example.org")!.Portal.Id);
        Assert.Equal(b, node.Snapshots.FindByHost($"notes.{b.Short}.example.org")!.Portal.Id);
        Assert.Null(node.Snapshots.FindByHost($"x.notes.{b.Short}.example.org"));
        Assert.Null(node.Snapshots.FindByHost("example.org"));
        Assert.Null(node.Snapshots.FindByHost($"{a.Short}.example.org.evil"));
        Assert.Null(node.Snapshots.FindByHost($"evil{a.Short}.example.org"));
        Assert.Null(node.Snapshots.FindByHost($".{a.Short}.example.org."));
        Assert.Null(node.Snapshots.FindByHost(""));
    }

    [Fact]
    public async Task A_row_that_is_not_newer_is_ignored()
    {
        var model = node.Get<IReadOnlyList<ReadModel>>().Single(model => model.Table == "portal_list");
        var before = node.Snapshots.Find(a)!.Portal;
        await Rename(a, 1, "later");
        node.Snapshots.Apply(a, [new FoldedRow(model, "portal", 1, before)]);
        node.Snapshots.Apply(a, [new FoldedRow(model, "portal", 2, before)]);

        Assert.Equal("later", node.Snapshots.Find(a)!.Portal.Name);
    }

    [Fact]
    public void A_reading_of_the_credentials_that_is_not_newer_is_ignored()
    {
        var held = ImmutableDictionary<TokenHash, Credential>.Empty.Add(token, new(CredentialKind.App, "notes", null, null));
        node.Snapshots.Apply(new PortalCredentials(a, 2, held));
        node.Snapshots.Apply(new PortalCredentials(a, 2, held.Clear()));
        node.Snapshots.Apply(new PortalCredentials(a, 1, held.Clear()));
        node.Snapshots.Apply(new PortalCredentials(b, 3, held.Clear()));

        Assert.Equal([token], node.Snapshots.Find(a)!.Credentials.Keys);
    }

    [Fact]
    public async Task A_node_that_starts_later_has_everything()
    {
        await node.Store.Write(a, (c, s) => c.Issue(s, token, new(CredentialKind.App, "notes", null, null)), Given.Soon);
        await using var other = await Node.Start(database);

        Assert.Equal("a", other.Snapshots.Find(a)!.Portal.Name);
        Assert.Equal(node.Snapshots.Find(a)!.Credentials, other.Snapshots.Find(a)!.Credentials);
        Assert.NotNull(other.Snapshots.FindByHost($"{b.Short}.example.org"));
    }

    [Fact]
    public async Task Another_node_hears_of_changes_without_waiting_for_its_next_look()
    {
        await using var other = await ListeningOnly();
        for (var version = 1; version <= 5; version++)
        {
            await Rename(a, version, $"name {version}");
            await Given.Eventually(() => other.Snapshots.Find(a)!.Portal.Name == $"name {version}", "the other node shows it");
        }
    }

    [Fact]
    public async Task Another_node_finds_changes_that_nobody_told_it_of()
    {
        await node.Get<ChangeNotifier>().StopAsync(Given.Soon);
        await using var other = await Node.Start(database);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Given.Soon); // it has looked when it started
        await Rename(a, 1, "unheard");
        await node.Store.Write(b, (c, s) => c.Issue(s, token, new(CredentialKind.App, "notes", null, null)), Given.Soon);

        await Given.Eventually(
            () => other.Snapshots.Find(a)!.Portal.Name == "unheard" && other.Snapshots.Find(b)!.Credentials.ContainsKey(token), "the other node shows it");
    }

    [Fact]
    public async Task A_commit_below_the_highest_number_is_not_overlooked()
    {
        await using var slow = await Writer.Begin(node.Database);
        await slow.LockRow(a, "portal", 2);
        await slow.TakeNumber();
        await Rename(b, 1, "quick");
        await using var other = await Node.Start(database); // loads while a lower number is still open
        await slow.Insert(a, "portal", 2, "profile_changed", $$"""{"id":"{{a}}","name":"slow","emailPublic":false}""");
        await slow.Run($$"""update registry.portal_list set version = 2, row = jsonb_set(row, '{name}', '"slow"') where portal_id = '{{a}}'""");
        await slow.Finish(End.Commits, node.Database);

        await Given.Eventually(() => node.Snapshots.Find(a)!.Portal.Name == "slow", "the node that was there shows it");
        await Given.Eventually(() => other.Snapshots.Find(a)!.Portal.Name == "slow", "the node that started meanwhile shows it");
    }

    [Fact]
    public async Task A_commit_below_the_highest_number_shows_while_other_writers_go_on()
    {
        await using var endless = await Writer.Begin(node.Database);
        await endless.LockRow(b, "tally-endless", 1);
        await using var slow = await Writer.Begin(node.Database);
        await slow.LockRow(a, "portal", 2);
        await slow.TakeNumber();
        await Rename(b, 1, "quick");
        await using var other = await Node.Start(database);
        await slow.Insert(a, "portal", 2, "profile_changed", $$"""{"id":"{{a}}","name":"slow","emailPublic":false}""");
        await slow.Run($$"""update registry.portal_list set version = 2, row = jsonb_set(row, '{name}', '"slow"') where portal_id = '{{a}}'""");
        await slow.Finish(End.Commits, node.Database);

        await Given.Eventually(() => other.Snapshots.Find(a)!.Portal.Name == "slow", "the other node shows it");
        await endless.Finish(End.RollsBack, node.Database);
    }

    [Fact]
    public async Task What_could_not_be_loaded_is_loaded_by_the_next_look()
    {
        await using var other = await Node.Start(database);
        var follower = other.Get<SnapshotFollower>();
        await follower.StopAsync(Given.Soon);
        await Rename(a, 1, "later");
        await node.Database.Scalar<int>("alter table registry.portal_list rename to portal_list_away");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => follower.Look(Given.Soon));
        await node.Database.Scalar<int>("alter table registry.portal_list_away rename to portal_list");

        await follower.Look(Given.Soon);
        Assert.Equal("later", other.Snapshots.Find(a)!.Portal.Name);
    }

    [Fact]
    public async Task Credentials_are_in_step_with_the_events_that_they_come_with()
    {
        await Issue(a, 1, token, new(CredentialKind.Device, "d1", null, null));
        await node.Store.Write(a, (c, s) => c.Issue(s, session, new(CredentialKind.AppSession, "d1", "notes", Soon(60))), Given.Soon);
        Assert.Equal("d1", node.Snapshots.Find(a)!.Credentials[token].Holder);
        Assert.Equal(("notes", Soon(60)), (node.Snapshots.Find(a)!.Credentials[session].App, node.Snapshots.Find(a)!.Credentials[session].ExpiresAt));
        Assert.Empty(node.Snapshots.Find(b)!.Credentials);

        await node.Store.Write(b, (c, s) => c.Revoke(s, CredentialKind.Device, "d1"), Given.Soon); // not b's
        await node.Store.Write(b, (c, s) => c.Extend(s, session, Soon(90)), Given.Soon);
        Assert.Equal(2, node.Snapshots.Find(a)!.Credentials.Count);
        await node.Store.Write(a, (c, s) => c.Extend(s, session, Soon(90)), Given.Soon);
        Assert.Equal(Soon(90), node.Snapshots.Find(a)!.Credentials[session].ExpiresAt);

        var revoked = new Changes(a, Actor.System, [new("portal", 2, [new AvatarChanged(a, null, null)])])
        {
            Beside = s =>
            {
                node.Get<ICredentials>().Revoke(s, CredentialKind.Device, "d1");
                node.Get<ICredentials>().Revoke(s, CredentialKind.AppSession, "d1");
            },
        };
        await node.Store.Append(revoked, Given.Soon);
        Assert.Empty(node.Snapshots.Find(a)!.Credentials);
    }

    [Fact]
    public async Task Revoking_a_kind_leaves_the_others_and_an_app_takes_its_sessions_along()
    {
        await Issue(a, 1, token, new(CredentialKind.Device, "d1", null, null));
        await node.Store.Write(a, (c, s) => c.Issue(s, session, new(CredentialKind.AppSession, "d1", "notes", null)), Given.Soon);
        await node.Store.Write(a, (c, s) => c.Revoke(s, CredentialKind.App, "d1"), Given.Soon);
        Assert.Equal(2, node.Snapshots.Find(a)!.Credentials.Count);
        await node.Store.Write(a, (c, s) => c.RevokeAllOfApp(s, "notes"), Given.Soon);
        Assert.Equal([token], node.Snapshots.Find(a)!.Credentials.Keys);
    }

    [Fact]
    public async Task What_has_expired_is_swept_out_when_the_next_is_issued()
    {
        await node.Store.Write(a, (c, s) => c.Issue(s, session, new(CredentialKind.AppSession, "d1", "notes", Soon(-1))), Given.Soon);
        await node.Store.Write(a, (c, s) => c.Issue(s, token, new(CredentialKind.AppSession, "d1", "notes", Soon(60))), Given.Soon);
        Assert.Equal([token], node.Snapshots.Find(a)!.Credentials.Keys);
    }

    [Fact]
    public async Task Another_node_hears_of_credentials_issued_and_revoked()
    {
        await using var other = await ListeningOnly();
        await node.Store.Write(a, (c, s) => c.Issue(s, token, new(CredentialKind.App, "notes", null, null)), Given.Soon);
        await Given.Eventually(() => other.Snapshots.Find(a)!.Credentials.ContainsKey(token), "issued there");
        await node.Store.Write(a, (c, s) => c.Revoke(s, CredentialKind.App, "notes"), Given.Soon);
        await Given.Eventually(() => other.Snapshots.Find(a)!.Credentials.IsEmpty, "revoked there");
    }

    [Fact]
    public async Task Of_racing_credential_changes_the_last_committed_shows()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async n =>
        {
            for (var i = 0; i < 15; i++)
            {
                await node.Store.Write(a, (c, s) => c.Issue(s, TokenHash.Of($"{n} {i}"), new(CredentialKind.App, $"app{n}", null, null)), Given.Soon);
                if (i % 3 == 2)
                    await node.Store.Write(a, (c, s) => c.RevokeAllOfApp(s, $"app{n}"), Given.Soon);
            }
        }));

        Assert.Empty(node.Snapshots.Find(a)!.Credentials);
    }

    /// <summary>A node for which no second ever passes, so that it looks only when it is told to.</summary>
    private async Task<Node> ListeningOnly()
    {
        var other = await Node.Start(database, services => services.AddSingleton<TimeProvider>(new NoSeconds()));
        for (var listening = 0L; listening < 2; await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Given.Soon))
            listening = await node.Database.Scalar<long>("select count(*) from pg_stat_activity where query like 'listen %' and datname = current_database()");
        return other;
    }

    private static DateTimeOffset Soon(int minutes) =>
        new DateTimeOffset(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero).AddDays(1).AddMinutes(minutes < 0 ? -3000 : minutes);

    private Task<IReadOnlyList<long>> Rename(PortalId portal, long version, string name) =>
        node.Store.Append(new Changes(portal, Actor.System, [new("portal", version, [new ProfileChanged(portal, name, null, null, false)])]), Given.Soon);

    private Task<IReadOnlyList<long>> Issue(PortalId portal, long version, TokenHash hash, Credential credential) => node.Store.Append(
        new Changes(portal, Actor.System, [new("portal", version, [new AvatarChanged(portal, null, null)])])
        {
            Beside = s => node.Get<ICredentials>().Issue(s, hash, credential),
        },
        Given.Soon);

    private sealed class NoSeconds : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime >= TimeSpan.FromSeconds(1) ? Timeout.InfiniteTimeSpan : dueTime, period);
    }
}
